import type { KeyMatch } from "../connection/connection-key.ts";

/** Whether a transport's wire serves a location, and why, in words without secrets. */
export interface ReuseVerdict {
  /** Whether one wire serves both. */
  readonly reuse: boolean;
  /** One sentence. */
  readonly reason: string;
  /** The option that decided it, by its dotted name. */
  readonly option?: string;
}

/** One host as one user under two names of ssh_config: what these say of it is somebody else's business, or another machine. */
const configuredDifferently = "is configured differently for the two: other keys, other trust, or another way there";

/** A key match in words. */
export function describeMatch(match: KeyMatch, held: string, asked: string): ReuseVerdict {
  switch (match.kind) {
    case "same":
      return { reuse: true, reason: "scheme, host, port, user and every option that was given are the same" };
    case "adopts":
      return {
        reuse: true,
        option: match.option,
        reason: `the connection has never connected, and takes up the ${match.option} that was given`,
      };
    case "other-endpoint":
      return { reuse: false, reason: held === asked ? `${held} ${configuredDifferently}` : `${held} is not ${asked}` };
    case "differs":
      return { reuse: false, option: match.option, reason: differences[match.given](match.option) };
  }
}

const differences = {
  other: (option: string) => `${option} was given, and is not what the connection was opened with`,
  none: (option: string) => `${option} was explicitly none, but the connection may use one`,
  unsaid: (option: string) => `${option} was not given, and nothing is taken from candidates (credentials: "explicit")`,
};
