/** What one session learns of its server and the next one need not ask again. */
export interface FtpServerFacts {
  /** FEAT's lines in capitals, what follows the name beside it; undefined before it was asked. */
  features: ReadonlyMap<string, string> | undefined;
  /** How the server is asked for a port. */
  passive: "EPSV" | "PASV";
  /** Whether somebody was there at a port that it named. */
  reached: boolean;
  /** Whether it answers commands that were sent together, each in its turn; undefined before that was seen. */
  pipelining: boolean | undefined;
  /** Whether it may be asked for a port before that is needed: until it refuses one, or does not keep it. */
  portsAhead: boolean;
  /** Whether it has said how long a file is when it began to send it. */
  announces: boolean;
  /** Whether LIST takes `-a`; undefined before that was seen. */
  listsHidden: boolean | undefined;
}

/** Facts that a first session is to fill in. */
export function noFacts(): FtpServerFacts {
  return {
    features: undefined,
    passive: "EPSV",
    reached: false,
    pipelining: undefined,
    portsAhead: true,
    announces: false,
    listsHidden: undefined,
  };
}
