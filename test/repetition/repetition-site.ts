import type { Transport } from "../../src/index.ts";

/** A request by what it is for; each protocol has its own name for it. */
export type Step =
  | "look"
  | "list"
  | "open to read"
  | "readlink"
  | "digest"
  | "write"
  | "append"
  | "open to write"
  | "complete"
  | "rename"
  | "mkdir"
  | "mark"
  | "symlink"
  | "hardlink"
  | "delete"
  | "rmdir"
  | "copy"
  | "attributes"
  | "lock"
  | "note"
  | "unlock"
  | "see the lock"
  | "remove the note";

/** When the connection is cut: before the request has taken effect, or between that and its answer. */
export type When = "before" | "after";

/** A directory on a server that can be looked at from the other side, and whose connections can be cut at one request. */
export interface RepetitionSite {
  /** Has a wire already. */
  readonly transport: Transport;
  /**
   * Runs work and cuts the connection at the next request for a step, once. `happened` tells from the other side that it took effect: for servers that
   * cannot be told what becomes of a request.
   */
  readonly cut: <T>(step: Step, when: When, work: () => Promise<T>, happened: () => Promise<boolean>) => Promise<T>;
  /** Cuts every connection. */
  readonly sever: () => void;
  /** Requests for a step so far; undefined where the server does not count them. */
  readonly count: (step: Step) => number | undefined;
  readonly seed: (path: string, content: string | Uint8Array) => Promise<void>;
  readonly seedDirectory: (path: string) => Promise<void>;
  /** What a file holds; undefined where there is none. */
  readonly content: (path: string) => Promise<string | undefined>;
  /** Everything in the directory, at any depth, with slashes between. */
  readonly names: () => Promise<string[]>;
  readonly close: () => Promise<void>;
}

/** How a site is opened, and what its server can do. */
export interface RepetitionSubject {
  readonly name: string;
  open(): Promise<RepetitionSite>;
  /** Steps at which it can be cut, by the moment. */
  readonly steps: Readonly<Record<When, ReadonlySet<Step>>>;
  /** Cases that there are not here, by `caseKey`. */
  readonly leftOut?: readonly string[];
  /** What is otherwise here than where most is known: keys are those of `caseKey`. */
  readonly otherwise?: Readonly<Record<string, Otherwise>>;
}

/** What a case comes to on a server that differs. */
export interface Otherwise {
  readonly outcome?: Outcome;
  readonly left?: Readonly<Record<string, string>>;
  readonly sent?: number;
}

/** What the caller gets. */
export type Outcome = "resolves" | "unknown" | "none" | "unknown or none";
