import type { OpenContext } from "../connection/connector.ts";
import type { TransportError } from "../errors/transport-error.ts";
import type { SocketTarget } from "./socket.ts";
import { connectSocket } from "./socket.ts";
import { socketError } from "./ssh2-errors.ts";
import type { LoginTarget } from "./ssh2-login.ts";
import { logIn } from "./ssh2-login.ts";
import { loadSsh2 } from "./ssh2-package.ts";
import { SshReads } from "./ssh2-reads.ts";
import type { SshSocket } from "./ssh2-socket.ts";
import { SshWire } from "./ssh2-wire.ts";

export { actsInOrder } from "./ssh2-ahead.ts";
export { isSilentDrop } from "./ssh2-errors.ts";
export type { AuthAttempt, AuthPlan, AuthRefusal, SshChallenge } from "./ssh2-login.ts";
export { hostKeyAlgorithms } from "./ssh2-login.ts";
export type { SshKey } from "./ssh2-keys.ts";
export { agentKeys, lockedKey, openPrivateKey } from "./ssh2-keys.ts";
export type { SshSocket } from "./ssh2-socket.ts";
export type { SshWire } from "./ssh2-wire.ts";

/** Where an SSH session leads, and how both sides are known. */
export interface SshTarget extends SocketTarget, LoginTarget {
  /** What is connected already and leads there, in the place of a TCP connection: a tunnel through a jump host. Destroyed if the session fails. */
  readonly via?: SshSocket | undefined;
}

/**
 * Opens an SSH session and logs in. No channel is opened.
 *
 * Rejects with the abort's reason, with what `verifyHostKey` and `authenticate` reject with, or with `missing-driver`, `connection-failed`, `timeout`,
 * `too-many-connections`, `authentication-failed`, `unsupported`, `protocol-error`; then nothing is left open.
 */
export async function openSsh(target: SshTarget, context: OpenContext): Promise<SshWire> {
  const { signal } = context;
  if (target.via !== undefined) context.enter("connect");
  const reads = new SshReads();
  // The package takes a moment to load, which the network can use.
  const [ssh2, connected] = await Promise.allSettled([
    loadSsh2(),
    target.via ?? connectSocket({ ...target, reading: (made) => reads.into(made) }, context, socketError),
  ]);
  const socket = connected.status === "fulfilled" ? connected.value : target.via;
  try {
    if (ssh2.status === "rejected") throw ssh2.reason;
    if (connected.status === "rejected") throw connected.reason;
    signal.throwIfAborted();
    const client = new ssh2.value.Client();
    const outcome = await logIn(client, connected.value, target, signal, (...entered) => context.enter(...entered));
    return new SshWire(client, connected.value, outcome, reads, (reason: TransportError) => context.lost(reason));
  } catch (error) {
    socket?.destroy();
    throw error;
  }
}
