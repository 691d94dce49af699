import type { Effect, ErrorCode } from "../../src/index.ts";
import type { Fault } from "./fault.ts";

/** What an operation must end in. */
export type Ending =
  | "succeeds"
  | { readonly fails: ErrorCode | readonly ErrorCode[]; readonly effect: Effect; readonly temporary?: boolean };

/**
 * How an operation meets a fault, which says what it must end in:
 * - `connecting`: it opens a wire, and the fault meets every attempt until it is gone
 * - `reading`: it reads, and may be done twice
 * - `streaming`: bytes go through as they come, so that nobody can begin again unseen; nothing has changed before the last of them
 * - `changing`: it changes something, and must not be done twice unseen
 * - `replacing`: it changes something, and doing it twice is doing it once
 * - `looking`: it changes something, and where its answer is lost a look afterwards tells whether it did
 * - `idling`: it reads, on a wire that was struck while nobody used it, and that is asked first whether it lives
 * - `closing`: it closes the wire
 */
export type Manner =
  | "connecting"
  | "reading"
  | "streaming"
  | "changing"
  | "replacing"
  | "looking"
  | "idling"
  | "closing";

/** What is lost with the wire is only the answer: whether the server did what it was asked, nobody knows. */
const unknown = {
  reset: { fails: "connection-lost", effect: "unknown", temporary: true },
  fin: { fails: "connection-lost", effect: "unknown", temporary: true },
  silence: { fails: "timeout", effect: "unknown", temporary: true },
  garbage: { fails: "protocol-error", effect: "unknown" },
  half: { fails: "connection-lost", effect: "unknown", temporary: true },
  drip: { fails: "timeout", effect: "unknown", temporary: true },
  delay: "succeeds",
} as const satisfies Record<Fault, Ending>;

const nothing = {
  silence: { fails: "timeout", effect: "none", temporary: true },
  garbage: { fails: "protocol-error", effect: "none" },
  drip: { fails: "timeout", effect: "none", temporary: true },
  delay: "succeeds",
} as const;

const unharmed = {
  reset: "succeeds",
  fin: "succeeds",
  silence: "succeeds",
  garbage: "succeeds",
  half: "succeeds",
  drip: "succeeds",
  delay: "succeeds",
} as const satisfies Record<Fault, Ending>;

/** On another wire it is done again, or it turns out that it is done. */
const ascertained = { reset: "succeeds", fin: "succeeds", half: "succeeds" } as const;

const cut = { fails: "connection-lost", effect: "none", temporary: true } as const;
const refused = { fails: "connection-failed", effect: "none", temporary: true } as const;

/** What an operation must end in by the way it meets a fault. What a scheme has otherwise it states, with its reason. */
export const endings: Readonly<Record<Manner, Readonly<Record<Fault, Ending>>>> = {
  connecting: { ...nothing, reset: refused, fin: refused, half: refused },
  reading: { ...nothing, ...ascertained },
  streaming: { ...nothing, reset: cut, fin: cut, half: cut },
  changing: unknown,
  replacing: { ...unknown, ...ascertained },
  looking: { ...unknown, ...ascertained },
  idling: unharmed,
  closing: unharmed,
};

/**
 * Within how long an operation must have settled, in milliseconds of the default limits: 30 s to connect, 60 s of silence, 5 s until that is noticed, 10 s to
 * ask whether the wire lives; 5 s to drain and 2 s for a goodbye.
 */
export const settlesWithinMs: Readonly<Record<Manner, number>> = {
  connecting: 30_000,
  reading: 2 * 75_000 + 30_000,
  streaming: 75_000,
  changing: 75_000 + 30_000,
  replacing: 2 * 75_000 + 30_000,
  looking: 2 * 75_000 + 30_000,
  idling: 10_000 + 30_000,
  closing: 7_000,
};
