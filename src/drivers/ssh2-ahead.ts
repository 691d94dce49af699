import type { Client, ParsedKey } from "ssh2";

import type { SshSocket } from "./ssh2-socket.ts";

/**
 * Whether a server is known to act on what it is sent in the order in which it came, whoever waited for its answers or not. OpenSSH is: its login, its
 * channels and its SFTP server each take one message after the other. Of servers that are not known, every answer is waited for.
 */
export function actsInOrder(ident: string | undefined): boolean {
  return ident !== undefined && /^SSH-2\.0-OpenSSH_\d/.test(ident);
}

type Handler = (protocol: unknown, ...details: unknown[]) => void;
type Sign = (data: Buffer, done: (signature: Buffer) => void) => void;

/** The part of ssh2's clients that is nobody's business but its own, and may change. */
interface Inside {
  readonly _protocol?: {
    readonly _handlers?: Record<string, Handler | undefined>;
    readonly _packetRW?: { readonly write?: Partial<PacketWriter> };
    readonly _cipher?: { readonly encrypt?: (packet: Buffer) => void };
    readonly _kexinit?: unknown;
    authPK?: (user: string, key: ParsedKey, algorithm?: string, sign?: Sign) => void;
  };
}

interface PacketWriter {
  readonly allocStart: number;
  alloc(payloadBytes: number): Buffer;
  finalize(packet: Buffer): Buffer;
}

/**
 * Has a key that can sign at once do so, where ssh2 first asks whether the key is welcome: one round trip less, and the server learns nothing that it
 * would not learn of a key that it welcomes. A key of an agent, or one that is locked, cannot: a person may have to agree to each signature.
 */
export function signAtOnce(client: Client): void {
  const { _protocol: protocol } = client as unknown as Inside;
  const ask = protocol?.authPK;
  if (protocol === undefined || typeof ask !== "function") return;
  protocol.authPK = (user, key, algorithm, sign) => {
    if (sign !== undefined || !key.isPrivateKey()) return ask.call(protocol, user, key, algorithm, sign);
    ask.call(protocol, user, key, algorithm, (data, done) => {
      const signature = key.sign(data, hashes[algorithm ?? key.type]);
      // It then asks as it does, and says itself why the key is of no use.
      if (signature instanceof Error) ask.call(protocol, user, key, algorithm);
      else done(signature);
    });
  };
}

/** The hashes of RFC 8332; every other kind of key has but one way to sign. */
const hashes: Readonly<Record<string, string>> = {
  "ssh-rsa": "sha1",
  "rsa-sha2-256": "sha256",
  "rsa-sha2-512": "sha512",
};

/** What a client that does not wait for the server to agree to a login is told. */
export interface LoginNews {
  /** The server has agreed. */
  accepted(): void;
  /** The server has said which signatures it takes (RFC 8308), which decides what an RSA key signs with. */
  signaturesTold(): void;
}

/**
 * Prepares a client to go on with the login right behind its request for one. RFC 4253 section 10 lets whoever has seen the server's signature do so.
 * Answers with what goes on, to be called when that request has been sent; undefined where this ssh2 has other insides.
 */
export function prepareLogin(client: Client, news: LoginNews): (() => void) | undefined {
  const { _protocol: protocol } = client as unknown as Inside;
  const handlers = protocol?._handlers;
  const accept = handlers?.["SERVICE_ACCEPT"];
  const tell = handlers?.["EXT_INFO"];
  if (handlers === undefined || typeof accept !== "function" || typeof tell !== "function") return undefined;
  handlers["EXT_INFO"] = (...told) => {
    tell(...told);
    news.signaturesTold();
  };
  return () => {
    handlers["SERVICE_ACCEPT"] = () => news.accepted();
    accept(protocol, "ssh-userauth");
  };
}

/** SSH_MSG_IGNORE with an empty text (RFC 4253, section 11.2): may be sent at any time, and means nothing. */
const nothing = Buffer.from([2, 0, 0, 0, 0]);

/**
 * Has whatever the server sends acknowledged at once, until what it answers with is called. OpenSSH sends small messages one by one, and its system holds each back
 * until the one before is acknowledged (Nagle's algorithm); a system that has nothing to send itself acknowledges 40 ms later (RFC 1122, section 4.2.3.2). So
 * something is sent: a message that means nothing, where ssh2 has answered nothing. Does nothing where this ssh2 has other insides.
 */
export function acknowledgeAtOnce(client: Client, socket: SshSocket): () => void {
  let written = 0;
  const before = (): void => void (written = socket.bytesWritten);
  const after = (): void => {
    if (socket.bytesWritten === written && !socket.destroyed) sendNothing(client);
  };
  // Between the two ssh2 listens, and answers if it does.
  socket.prependListener("data", before);
  socket.on("data", after);
  return () => {
    socket.off("data", before);
    socket.off("data", after);
  };
}

function sendNothing(client: Client): void {
  const { _protocol: protocol } = client as unknown as Inside;
  const { alloc, finalize, allocStart } = protocol?._packetRW?.write ?? {};
  const encrypt = protocol?._cipher?.encrypt;
  // While keys are exchanged there is a time for every message.
  if (protocol === undefined || protocol._kexinit !== undefined) return;
  if (typeof alloc !== "function" || typeof finalize !== "function" || typeof encrypt !== "function") return;
  const writer = protocol._packetRW?.write;
  const packet = alloc.call(writer, nothing.length);
  packet.set(nothing, allocStart);
  encrypt.call(protocol._cipher, finalize.call(writer, packet));
}
