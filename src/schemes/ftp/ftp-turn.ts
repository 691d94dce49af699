import { whenAborted } from "../../connection/abort.ts";
import type { Timer } from "../../connection/clock.ts";
import type { Lease } from "../../connection/wire-pool.ts";
import type { FtpWire } from "../../drivers/basic-ftp.ts";
import { refusalCode } from "../../drivers/basic-ftp.ts";
import { isTransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import { abortedError } from "../../transport/operation.ts";

/** One operation's use of a wire. */
export interface Turn {
  readonly wire: FtpWire;
  readonly lease: Lease<FtpWire>;
}

/** How long what was aborted may take to end by itself, so that its wire need not be dropped for it. */
export const graceMs = 1_000;

/**
 * Gives work its turn at a wire. Where it is aborted and goes on, nobody knows what the server says next, and the wire is dropped. `started` is called
 * when something may have changed.
 */
export async function inTurn<T>(
  turn: Turn,
  operation: Operation,
  patienceMs: number,
  started: () => void,
  work: (turn: Turn) => Promise<T>,
): Promise<T> {
  const { wire, lease } = turn;
  let timer: Timer | undefined;
  wire.heard = () => lease.progress();
  wire.changed = started;
  const drop = (): void => lease.discard(abortedError(operation).with({ effect: "unknown" }));
  const stopListening = whenAborted(operation.signal, () => {
    if (patienceMs === 0) drop();
    else timer = wire.clock.timeout(patienceMs, drop);
  });
  try {
    return await work(turn);
  } finally {
    timer?.cancel();
    stopListening();
  }
}

/**
 * A server that closed an idle connection says so in answer to whatever comes next (421), which it has not done: as long as nothing has changed, it is
 * asked again, on another connection. What is repeatable is asked again after any loss.
 */
export async function unlessTurnedAway<T>(once: (started: () => void) => Promise<T>, repeatable = false): Promise<T> {
  let begun = false;
  try {
    return await once(() => (begun = true));
  } catch (error) {
    const turnedAway = refusalCode(error) === 421 && !begun;
    if (!isTransportError(error, "connection-lost") || !(repeatable || turnedAway)) throw error;
    return await once(() => undefined);
  }
}
