import { whenAborted } from "../../connection/abort.ts";
import type { Timer } from "../../connection/clock.ts";
import type { Lease } from "../../connection/wire-pool.ts";
import { uncertain } from "../../connection/wire-use.ts";
import type { FtpWire } from "../../drivers/basic-ftp.ts";
import { refusalCode } from "../../drivers/basic-ftp.ts";
import { isTransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Sending } from "../../transport/across-loss.ts";
import { unlessUnsent } from "../../transport/across-loss.ts";
import type { Operation } from "../../transport/operation.ts";
import { abortedError } from "../../transport/operation.ts";

/** One operation's use of a wire. */
export interface Turn {
  readonly wire: FtpWire;
  readonly lease: Lease<FtpWire>;
}

/** How long what was aborted may take to end by itself, so that its wire need not be dropped for it. */
export const graceMs = 1_000;

/** What is said of a turn: that it has begun, that a command went out that changes something, and that one was answered. */
export interface TurnNews extends Sending {
  changed(): void;
}

/** Gives work its turn at a wire. Where it is aborted and goes on, nobody knows what the server says next, and the wire is dropped. */
export async function inTurn<T>(
  turn: Turn,
  operation: Operation,
  patienceMs: number,
  news: TurnNews,
  work: (turn: Turn) => Promise<T>,
): Promise<T> {
  const { wire, lease } = turn;
  let timer: Timer | undefined;
  wire.heard = () => lease.progress();
  news.begins();
  wire.sends = () => news.sends();
  wire.changed = () => news.changed();
  const drop = (): void => lease.discard(abortedError(operation).with({ effect: "unknown" }));
  const stopListening = whenAborted(operation.signal, () => {
    if (patienceMs === 0) drop();
    else timer = wire.clock.timeout(patienceMs, drop);
  });
  try {
    try {
      return await work(turn);
    } finally {
      await wire.requireLogin();
    }
  } finally {
    timer?.cancel();
    stopListening();
  }
}

/** Replies with which a server says that the session is over. */
const turnedAway: readonly (number | undefined)[] = [421, 530];

/**
 * A server that closed an idle connection, or forgot who is logged in, says so in answer to whatever comes next, which it has not done: as long as nothing has
 * changed, it is asked again, on another connection. `again` says after which other losses it is, too: any, or one before something was sent that changes something.
 */
export async function unlessTurnedAway<T>(
  operation: Operation,
  again: "always" | "unsent" | "never",
  once: (news: TurnNews) => Promise<T>,
): Promise<T> {
  let changed = false;
  const news = (sending: Sending): TurnNews => ({ ...sending, changed: () => (changed = true) });
  const mute: Sending = { begins: () => undefined, sends: () => undefined };
  const isTurnedAway = (error: unknown): boolean => turnedAway.includes(refusalCode(error)) && !changed;
  try {
    return await (again === "unsent" ? unlessUnsent(operation, (sending) => once(news(sending))) : once(news(mute)));
  } catch (error) {
    if (!isTransportError(error, "connection-lost") || !(again === "always" || isTurnedAway(error))) throw error;
    try {
      return await once(news(mute));
    } catch (second) {
      if (isTransportError(second, "connection-lost") && isTurnedAway(second)) throw second.with({ effect: "none" });
      // Whatever becomes of the second attempt, the first one may have taken effect.
      throw error.effect === "unknown" && !isTurnedAway(error) ? uncertain(toTransportError(second)) : second;
    }
  }
}
