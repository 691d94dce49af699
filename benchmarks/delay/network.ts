import type { Wrap } from "../peers/run-commands.ts";

/** What lies between servers of this machine and the programs that are their clients. */
export interface Network extends AsyncDisposable {
  /** For results: what it is made of. */
  readonly how: string;
  /** What it adds to a round trip. */
  readonly roundTripMs: number;
  /** Puts words before a program, without which the delay is not between it and the servers. */
  readonly wrap: Wrap;
  /** The port of 127.0.0.1 under which those programs reach a server. */
  entrance(port: number, protocol?: "ftp"): Promise<number>;
}

/** Nothing lies between. */
export const straight: Network = {
  how: "the loopback device",
  roundTripMs: 0,
  wrap: (words) => words,
  entrance: (port) => Promise.resolve(port),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};
