import { lookup as dnsLookup } from "node:dns";
import type { LookupAddress } from "node:dns";
import type { LookupFunction, Socket } from "node:net";
import { isIP } from "node:net";
import { Duplex } from "node:stream";

import { whenAborted } from "../connection/abort.ts";
import { TransportError } from "../errors/transport-error.ts";
import { lazyPackage } from "./lazy-package.ts";
import { refusedByProxy, saidByProxy } from "./proxy-errors.ts";
import { listenUntilAnswered } from "./proxy-negotiation.ts";
import type { ProxyTarget } from "./proxy-target.ts";
import { authorityOf } from "./proxy-target.ts";
import type { ProxiedTarget } from "./proxy.ts";
import { connectError } from "./socket-errors.ts";

type Socks = typeof import("socks");

/** The protocol has one byte for the length of a name, a user and a password. */
const longestText = 255;

/** The package's own timer, which it never clears: for so long it remembers each negotiation. The limit that holds before is the connect clock. */
const negotiationTimerMs = 120_000;

/** Has a SOCKS5 proxy connect a socket with a target (RFC 1928 and 1929). */
export async function connectBySocks(socket: Socket, target: ProxiedTarget, signal: AbortSignal): Promise<void> {
  const { proxy, port, begins } = target;
  refuseTooLong(proxy, target.host);
  const [{ SocksClient }, host] = await Promise.all([loadSocks(), destinationOf(target, signal)]);
  const facade = new Facade(socket);
  const { user, password } = proxy;
  const client = new SocksClient({
    command: "connect",
    destination: { host, port },
    proxy: {
      host: proxy.host,
      port: proxy.port,
      type: 5,
      ...(user === undefined ? {} : { userId: user }),
      ...(password === undefined ? {} : { password }),
    },
    timeout: negotiationTimerMs,
  });
  let established = false;
  const broken = new AbortController();
  client.once("established", () => (established = true));
  client.once("error", (error: Error) => broken.abort(socksError(error, target)));
  client.connect(facade);
  const versions = new Versions(proxy);
  try {
    const extra = await listenUntilAnswered(socket, AbortSignal.any([signal, broken.signal]), (bytes) => {
      // One by one: whatever follows the answer is the target's, and the package would hand that on when it likes.
      for (let at = 0; at < bytes.length; at++) {
        versions.check(bytes[at] ?? 0);
        facade.hear(bytes.subarray(at, at + 1));
        broken.signal.throwIfAborted();
        if (established) return { result: bytes.length - at - 1, rest: bytes.subarray(at + 1) };
      }
      return undefined;
    });
    if (begins === "we" && extra > 0) throw new TransportError("protocol-error", "it sent more than it was asked for");
  } finally {
    facade.release();
  }
}

/** Looks at the first byte of each answer, which the package does not: noise would be a refusal of the login, and that would last. */
class Versions {
  readonly #proxy: ProxyTarget;
  #heard = 0;
  /** The version in each place that has one: an answer to the greeting has two bytes, and so has one to a login. */
  #expected: readonly (number | undefined)[] = [socksVersion];

  constructor(proxy: ProxyTarget) {
    this.#proxy = proxy;
  }

  /** Takes the next byte. Throws `protocol-error` where it should be another one. */
  check(byte: number): void {
    const at = this.#heard++;
    const expected = this.#expected[at];
    if (expected !== undefined && byte !== expected) throw noSocks(`version ${byte}`, this.#proxy);
    if (at !== 1) return;
    const isAskedWho = byte === byPassword;
    this.#expected = isAskedWho
      ? [undefined, undefined, loginVersion, undefined, socksVersion]
      : [undefined, undefined, socksVersion];
  }
}

/** RFC 1928 and, of the login, RFC 1929. */
const socksVersion = 5;
const loginVersion = 1;
/** The method that a proxy chooses which wants a user and a password. */
const byPassword = 2;

/** What the package takes for the proxy: what it says goes out, and it hears what it is told, and can neither close nor keep anything. */
class Facade extends Duplex {
  #socket: Socket | undefined;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
  }

  hear(bytes: Buffer): void {
    this.emit("data", bytes);
  }

  release(): void {
    this.#socket = undefined;
  }

  override _read(): void {
    // It is told: see `hear`.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#socket?.write(chunk);
    callback();
  }
}

function refuseTooLong({ user = "", password = "" }: ProxyTarget, host: string): void {
  const long = Object.entries({ user, password, host }).find(([, text]) => Buffer.byteLength(text) > longestText);
  if (long === undefined) return;
  throw new TransportError("unsupported", `SOCKS has no room for a ${long[0]} of more than ${longestText} bytes`);
}

/** Where the proxy is told to go: an address, or a name that it resolves itself. */
async function destinationOf(target: ProxiedTarget, signal: AbortSignal): Promise<string> {
  const { host, proxy } = target;
  if (isIP(host) !== 0) return host.replace(/%.*$/, "");
  if (proxy.protocol === "socks5h") return host;
  // What is no address would be a name to the proxy.
  const addresses = (await addressesOf(target, signal)).filter(({ address }) => isIP(address) !== 0);
  // The proxy has one try, and more of them reach IPv4 than IPv6.
  const best = addresses.find(({ family }) => family === 4) ?? addresses[0];
  if (best === undefined) throw unknownHost(new Error("no address"), target);
  return best.address;
}

function addressesOf(target: ProxiedTarget, signal: AbortSignal): Promise<readonly LookupAddress[]> {
  const { host, family, lookup = dnsLookup as LookupFunction } = target;
  return new Promise((resolve, reject) => {
    const stopListening = whenAborted(signal, () => reject(signal.reason as TransportError));
    lookup(host, { all: true, ...(family === undefined ? {} : { family }) }, (error, found, foundFamily) => {
      stopListening();
      if (error !== null) return reject(unknownHost(error, target));
      // A lookup of the caller's may know of one address only.
      resolve(typeof found === "string" ? [{ address: found, family: foundFamily ?? isIP(found) }] : found);
    });
  });
}

function unknownHost(error: NodeJS.ErrnoException, target: ProxiedTarget): TransportError {
  const { code, reason, temporary } = connectError(error, target, "a server");
  return new TransportError(code, reason, {
    temporary,
    hint: "socks5: has names resolved here. Where only the proxy knows them, use socks5h:",
    cause: error,
  });
}

/** The package's texts. Its errors are not kept: they hold the password. */
function socksError({ message }: Error, { host, port, proxy }: ProxiedTarget): TransportError {
  const rejection = /rejected connection - (\w+)/.exec(message)?.[1];
  if (message.includes("Authentication failed") || message.includes("no accepted authentication type"))
    return refusedByProxy(proxy);
  const where = authorityOf(host, port);
  if (rejection === "NotAllowed") {
    return new TransportError("connection-failed", `it refuses to connect to ${where}`, {
      hint: "Ask whoever runs the proxy whether it may connect there, or pass proxy: null to connect without it",
    });
  }
  if (rejection !== undefined || message.includes("rejected connection")) {
    const reason = reasons[rejection ?? ""] ?? "for a reason that it does not say";
    return new TransportError("connection-failed", `it could not connect to ${where}: ${reason}`, {
      temporary: true,
      hint: "Check the host and the port; the proxy may not know the one or not reach the other",
    });
  }
  if (message.includes("timed out"))
    return new TransportError("timeout", `it did not answer within ${negotiationTimerMs} ms`, { temporary: true });
  return noSocks(message, proxy);
}

function noSocks(what: string, proxy: ProxyTarget): TransportError {
  return new TransportError(
    "protocol-error",
    `it does not answer as a SOCKS5 proxy does: ${saidByProxy(what, proxy)}`,
    { hint: "Check the port, and that a SOCKS5 proxy is there" },
  );
}

const reasons: Readonly<Record<string, string>> = {
  Failure: "it failed",
  NetworkUnreachable: "no route leads there",
  HostUnreachable: "no route leads there",
  ConnectionRefused: "nothing listens there",
  TTLExpired: "nobody answers there",
  CommandNotSupported: "it connects nobody with anybody",
  AddressNotSupported: "it does not know addresses of that kind",
};

/** The package, loaded when the first connection needs it. */
const loadSocks: () => Promise<Socks> = lazyPackage({
  name: "socks",
  needs: "a SOCKS proxy needs",
  install: "socks@2",
  load: () => import("socks"),
});
