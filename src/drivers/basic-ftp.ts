import { whenAborted } from "../connection/abort.ts";
import type { OpenContext } from "../connection/connector.ts";
import { TransportError, isTransportError, toTransportError } from "../errors/transport-error.ts";
import { startControl } from "./basic-ftp-control.ts";
import type { FtpControl } from "./basic-ftp-control.ts";
import { ftpConnectError } from "./basic-ftp-errors.ts";
import type { FtpServerFacts } from "./basic-ftp-facts.ts";
import type { FtpLogin } from "./basic-ftp-login.ts";
import { askForTls, greeted, logIn } from "./basic-ftp-login.ts";
import { loadBasicFtp } from "./basic-ftp-package.ts";
import { setUp } from "./basic-ftp-setup.ts";
import { FtpWire } from "./basic-ftp-wire.ts";
import type { SocketTarget } from "./socket.ts";
import { connectSocket } from "./socket.ts";
import type { TlsTarget } from "./tls-socket.ts";
import { secureSocket } from "./tls-socket.ts";

export { dataLostError, isRefusal, refusalCode } from "./basic-ftp-errors.ts";
export type { FtpReply } from "./basic-ftp-reply.ts";
export type { FtpServerFacts } from "./basic-ftp-facts.ts";
export { noFacts } from "./basic-ftp-facts.ts";
export type { FtpRequest, FtpTransfer } from "./basic-ftp-transfer.ts";
export { FtpWire } from "./basic-ftp-wire.ts";

/** A firewall forgets a connection on which nothing is said for some minutes, as on this one while a large file flows on the other. */
const keepAliveMs = 60_000;

/** Where a session leads, and how. */
export interface FtpTarget extends SocketTarget, Omit<FtpLogin, "secured"> {
  /** `explicit`: asked for with AUTH; `implicit`: from the first byte. Undefined: in the clear. */
  readonly tls: (TlsTarget & { readonly how: "explicit" | "implicit" }) | undefined;
  /** What earlier sessions learned of the server; filled in by this one. */
  readonly facts: FtpServerFacts;
}

/**
 * Opens a session that is logged in, for binary transfers, with data connections as secure as the control connection.
 *
 * @throws TransportError `connection-failed`, `tls-failed`, `authentication-failed`, `too-many-connections`, `protocol-error`, `missing-driver`, or
 *   the signal's reason
 */
export async function openFtp(target: FtpTarget, context: OpenContext): Promise<FtpWire> {
  const wire = (await openOnce(target, context)) ?? (await openOneByOne(target, context));
  if (wire !== undefined) return wire;
  throw new TransportError("protocol-error", "the server does not answer");
}

/** Once more, where a server turned out not to take what is sent together. */
async function openOneByOne(target: FtpTarget, context: OpenContext): Promise<FtpWire | undefined> {
  try {
    return await openOnce(target, context);
  } catch (error) {
    // That is not what the first attempt failed for.
    target.facts.pipelining = undefined;
    throw error;
  }
}

/** Undefined where the server does not take commands that are sent together. */
async function openOnce(target: FtpTarget, context: OpenContext): Promise<FtpWire | undefined> {
  const { signal } = context;
  const begins = target.tls?.how === "implicit" ? "we" : "they";
  const [ftp, connected] = await Promise.allSettled([
    loadBasicFtp(),
    connectSocket(target, context, ftpConnectError, begins),
  ]);
  if (connected.status === "rejected") throw connected.reason;
  if (ftp.status === "rejected") {
    connected.value.destroy();
    throw ftp.reason;
  }
  connected.value.setKeepAlive(true, keepAliveMs);
  context.enter("handshake");
  const socket =
    target.tls?.how === "implicit" ? await secureSocket(connected.value, target.tls, signal) : connected.value;
  // Until it is open its end is this call's failure; afterwards it is the wire's.
  const ended = new AbortController();
  let lost = (reason: TransportError): void => ended.abort(reason);
  const control = startControl(ftp.value, socket, (reason) => lost(reason));
  const giveUp = (): void => control.destroy(toTransportError(signal.reason));
  const stopListening = whenAborted(signal, giveUp);
  try {
    const wire = await openSession(control, target, context, ended.signal);
    if (wire === undefined) {
      control.destroy(new TransportError("connection-lost", "the server does not take what is sent together"));
      return undefined;
    }
    ended.signal.throwIfAborted();
    lost = (reason) => {
      wire.destroy(reason);
      context.lost(reason);
    };
    return wire;
  } catch (error) {
    const failure = signal.aborted ? toTransportError(signal.reason) : failureOfLogin(toTransportError(error));
    control.destroy(failure);
    throw failure;
  } finally {
    stopListening();
  }
}

async function openSession(
  control: FtpControl,
  target: FtpTarget,
  context: OpenContext,
  ended: AbortSignal,
): Promise<FtpWire | undefined> {
  const { tls, facts, encoding } = target;
  const greeting = await greeted(control);
  if (tls?.how === "explicit") {
    await askForTls(control);
    control.secure(await secureSocket(control.socket, tls, AbortSignal.any([context.signal, ended])));
  }
  context.enter("authenticate");
  await logIn(control, { ...target, secured: tls !== undefined });
  context.enter("session");
  if (!(await setUp(control, { secured: tls !== undefined, encoding, facts, clock: context.clock }))) return undefined;
  return new FtpWire(control, { greeting, facts, encoding, clock: context.clock, data: { ...target, tls } });
}

/** A session that ends before it is one was never open. */
function failureOfLogin(failure: TransportError): TransportError {
  if (!isTransportError(failure, "connection-lost")) return failure;
  return new TransportError("connection-failed", `while logging in: ${failure.reason}`, {
    temporary: true,
    cause: failure.cause,
  });
}
