/** What is done at one URL. */
export interface ChainStep {
  /** Which of the two servers. */
  readonly server: 0 | 1;
  readonly action: "read" | "list" | "mkdir" | "write";
  /** Relative to the server's directory, and `""` for none of it. */
  readonly path: string;
  /** What is written. */
  readonly content?: string;
}

/**
 * A branch is copied from one server to another, as in the RFC: seven functions, each of which is given a URL, and opens it. `run` is a name that no
 * run before had.
 */
export function chainSteps(run: string): readonly ChainStep[] {
  return [
    { server: 0, action: "read", path: "trunk/format" },
    { server: 0, action: "read", path: "trunk/head" },
    { server: 0, action: "list", path: "trunk/revisions" },
    { server: 1, action: "mkdir", path: run },
    { server: 1, action: "write", path: `${run}/format`, content: format },
    { server: 1, action: "write", path: `${run}/head`, content: head },
    { server: 1, action: "read", path: `${run}/head` },
  ];
}

const format = "line 1\n";
const head = "r2\n";

/** What must be on the first server, by path. */
export const chainFiles: Readonly<Record<string, string>> = {
  "trunk/format": format,
  "trunk/head": head,
  "trunk/revisions/r1": "a start\n",
  "trunk/revisions/r2": "a change\n",
};

/** What the reads and the list find, in their order; the names of a list sorted, with commas between them. */
export const chainFound: readonly string[] = [format, head, "r1,r2", head];

/** How a client reaches one of the servers. */
export interface ChainServer {
  /** The URL of its directory; ends in `/`. */
  readonly url: string;
  readonly identityFile: string;
  readonly hostKeyFingerprint: string;
}

/** What a client is told on its standard input, as JSON. */
export interface ChainJob {
  readonly servers: readonly [first: ChainServer, second: ChainServer];
  readonly steps: readonly ChainStep[];
}

/** What it says on its standard output, as JSON. */
export interface ChainAnswer {
  /** From the first call until its connections were closed, its packages being loaded. */
  readonly ms: number;
  readonly found: readonly string[];
}
