import type { Act, DoesNotApply, Exception, Stage } from "./site.ts";
import { elapsed } from "./settle.ts";
import type { FaultyNames } from "./faulty-names.ts";

/** What is the same for every scheme whose wire is a TCP connection: how its first and its last phases are reached. */

/** What somebody does who has no wire yet. */
type Opening<S extends Stage> = Pick<Act<S>, "name" | "run">;

/** An idle wire is asked whether it lives after 15 seconds, which are counted from up to 5 s later on. */
const doubtfulMs = 25_000;
/** What belongs to what was done before has come by then. */
export const quietMs = 3_000;
/** By now a wire that is silent has been asked for a sign of life, after 20 s, and has not answered, for 10 s; each is noticed up to 5 s later. */
const foundOutMs = 45_000;

const notSaid = (because: string): Exception => ({ ending: "does not apply", because });

/** The lookup of the server's name fails. `names` is whom the stage's options have asked. */
export function resolving<S extends Stage>(names: (stage: S) => FaultyNames, opening: Opening<S>): readonly Act<S>[] {
  return [
    {
      ...opening,
      manner: "connecting",
      striker: names,
      arm: (_stage, strike) => strike(),
      exceptions: {
        garbage: {
          ending: { fails: "connection-failed", effect: "none" },
          because: "it is not the server who says it, so that nothing is wrong with its protocol",
        },
        fin: {
          ending: { fails: "connection-failed", effect: "none" },
          because: "a name that is unknown stays unknown",
        },
        half: { ending: { fails: "connection-failed", effect: "none" }, because: "an empty answer names no address" },
        drip: notSaid("the answer of a lookup comes as a whole"),
      },
    },
  ];
}

/** Nothing listens, or whoever comes in is sent away at once. */
export function connecting<S extends Stage>(opening: Opening<S>): readonly Act<S>[] {
  const noBytes = notSaid("before TCP has connected the server says nothing that could be spoilt");
  const answered = notSaid("the machine answers for itself on its own network: nobody can be late; see the banner");
  return [
    {
      ...opening,
      manner: "connecting",
      striker: ({ wedge }) => wedge.entrance,
      arm: (_stage, strike) => strike(),
      exceptions: { garbage: noBytes, half: noBytes, drip: noBytes, silence: answered, delay: answered },
    },
  ];
}

/** The server goes wrong before its first byte. */
export function greeting<S extends Stage>(
  opening: Opening<S>,
  exceptions: Act<S>["exceptions"] = {},
): readonly Act<S>[] {
  return [{ ...opening, manner: "connecting", arm: ({ wedge }, strike) => wedge.atConnection(strike), exceptions }];
}

/** A wire that nobody uses goes wrong: just before it is used again, or so long before that a sign of life has found it out. */
export function idling<S extends Stage>(reading: Opening<S>, exceptions: Act<S>["exceptions"] = {}): readonly Act<S>[] {
  return [
    {
      ...reading,
      name: `${reading.name} after a while`,
      manner: "idling",
      // What keeps a wire alive asks whether it lives before anybody does who wants to use it.
      options: { keepaliveIntervalMs: 0 },
      arm: async (_stage, strike) => {
        await elapsed(doubtfulMs);
        strike();
      },
      exceptions,
    },
    {
      ...reading,
      name: `${reading.name} after a sign of life`,
      manner: "idling",
      arm: async (_stage, strike) => {
        await elapsed(quietMs);
        strike();
        await elapsed(foundOutMs);
      },
      exceptions,
    },
  ];
}

/** The wire goes wrong while it is closed. */
export function closing<S extends Stage>(exceptions: Act<S>["exceptions"] = {}): readonly Act<S>[] {
  return [
    {
      name: "disconnect",
      manner: "closing",
      arm: (_stage, strike) => strike(),
      run: (transport) => transport.disconnect(),
      exceptions,
    },
  ];
}

/** A phase that a protocol has not. */
export function hasNone(because: string): DoesNotApply {
  return { doesNotApply: because };
}
