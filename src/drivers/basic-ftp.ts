import type { OpenContext } from "../connection/connector.ts";
import { TransportError, isTransportError, toTransportError } from "../errors/transport-error.ts";
import { startControl } from "./basic-ftp-control.ts";
import type { FtpControl } from "./basic-ftp-control.ts";
import { ftpConnectError } from "./basic-ftp-errors.ts";
import type { FtpLogin } from "./basic-ftp-login.ts";
import { askFeatures, askForTls, greeted, logIn, prepared, protectData } from "./basic-ftp-login.ts";
import { loadBasicFtp } from "./basic-ftp-package.ts";
import type { FtpServerFacts } from "./basic-ftp-wire.ts";
import { FtpWire } from "./basic-ftp-wire.ts";
import type { SocketTarget } from "./socket.ts";
import { connectSocket, enterConnect } from "./socket.ts";
import type { TlsTarget } from "./tls-socket.ts";
import { secureSocket } from "./tls-socket.ts";

export { dataLostError, isRefusal, refusalCode } from "./basic-ftp-errors.ts";
export type { FtpReply } from "./basic-ftp-reply.ts";
export type { FtpServerFacts, FtpTransfer } from "./basic-ftp-wire.ts";
export { FtpWire } from "./basic-ftp-wire.ts";

/** Where a session leads, and how. */
export interface FtpTarget extends SocketTarget, Omit<FtpLogin, "secured"> {
  /** `explicit`: asked for with AUTH; `implicit`: from the first byte. Undefined: in the clear. */
  readonly tls: (TlsTarget & { readonly how: "explicit" | "implicit" }) | undefined;
  /** What earlier sessions learned of the server; filled in by this one. */
  readonly facts: FtpServerFacts;
}

/** Facts that a first session is to fill in. */
export function noFacts(): FtpServerFacts {
  return { features: undefined, passive: "EPSV" };
}

/**
 * Opens a session that is logged in, for binary transfers, with data connections as secure as the control connection.
 *
 * @throws TransportError `connection-failed`, `tls-failed`, `authentication-failed`, `too-many-connections`, `protocol-error`, `missing-driver`, or
 *   the signal's reason
 */
export async function openFtp(target: FtpTarget, context: OpenContext): Promise<FtpWire> {
  const { signal } = context;
  enterConnect(context, target);
  const begins = target.tls?.how === "implicit" ? "we" : "they";
  const [ftp, connected] = await Promise.allSettled([
    loadBasicFtp(),
    connectSocket(target, signal, ftpConnectError, begins),
  ]);
  if (connected.status === "rejected") throw connected.reason;
  if (ftp.status === "rejected") {
    connected.value.destroy();
    throw ftp.reason;
  }
  context.enter("handshake");
  const socket =
    target.tls?.how === "implicit" ? await secureSocket(connected.value, target.tls, signal) : connected.value;
  // Until it is open its end is this call's failure; afterwards it is the wire's.
  const ended = new AbortController();
  let lost = (reason: TransportError): void => ended.abort(reason);
  const control = startControl(ftp.value, socket, (reason) => lost(reason));
  const giveUp = (): void => control.destroy(toTransportError(signal.reason));
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    const wire = await openSession(control, target, context, ended.signal);
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
    signal.removeEventListener("abort", giveUp);
  }
}

async function openSession(
  control: FtpControl,
  target: FtpTarget,
  context: OpenContext,
  ended: AbortSignal,
): Promise<FtpWire> {
  const { tls, facts, encoding } = target;
  const greeting = await greeted(control);
  if (tls?.how === "explicit") {
    await askForTls(control);
    control.secure(await secureSocket(control.socket, tls, AbortSignal.any([context.signal, ended])));
  }
  context.enter("authenticate");
  await logIn(control, { ...target, secured: tls !== undefined });
  context.enter("session");
  if (tls !== undefined) await protectData(control);
  facts.features ??= await askFeatures(control);
  // Some servers send names in an encoding of their own until they are told; those that always send UTF-8 may refuse, which is no harm.
  if (encoding === "utf8" && facts.features.has("UTF8")) await control.exchange("OPTS UTF8 ON").last;
  const wantsFacts = missingFacts(facts.features.get("MLST"));
  if (wantsFacts !== undefined) await control.exchange(`OPTS MLST ${wantsFacts}`).last;
  await prepared(control, "TYPE I", 200);
  return new FtpWire(control, { greeting, facts, encoding, data: { ...target, tls } });
}

/** The facts of MLST that are of use. */
const usefulFacts = ["type", "size", "modify", "unix.mode", "unix.uid", "unix.gid"];

/** What OPTS MLST has to ask for: undefined where the server gives all that it knows of use by itself (marked `*`). */
function missingFacts(offered: string | undefined): string | undefined {
  const known = (offered ?? "").toLowerCase().split(";");
  const wanted = usefulFacts.filter((fact) => known.includes(fact) || known.includes(`${fact}*`));
  return wanted.some((fact) => known.includes(fact)) ? wanted.map((fact) => `${fact};`).join("") : undefined;
}

/** A session that ends before it is one was never open. */
function failureOfLogin(failure: TransportError): TransportError {
  if (!isTransportError(failure, "connection-lost")) return failure;
  return new TransportError("connection-failed", `while logging in: ${failure.reason}`, {
    temporary: true,
    cause: failure.cause,
  });
}
