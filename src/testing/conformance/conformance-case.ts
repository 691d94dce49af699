import type { Capabilities } from "../../transport/capabilities.ts";
import type { CaseContext } from "./case-context.ts";

/** What a case takes to run: a capability by its name, or `server`: a site with a counted server. */
export type Need =
  | "writable"
  | "listable"
  | "directories"
  | "append"
  | "writeStream"
  | "atomicReplace"
  | "rename"
  | "serverCopy"
  | "symlinks"
  | "hardlinks"
  | "modes"
  | "specialModes"
  | "setsMtime"
  | "lock"
  | "caseSensitive"
  | "controlCharactersInNames"
  | "local"
  | "connected"
  | "concurrent"
  | "server";

/** One promise of the contract, and how it is checked. */
export interface ConformanceCase {
  /** The promise, as a sentence whose subject is the topic. */
  readonly name: string;
  readonly needs?: readonly Need[];
  readonly run: (context: CaseContext) => Promise<void>;
}

/** The cases about one verb, or about one thing that all verbs have in common. */
export interface ConformanceTopic {
  readonly name: string;
  /** What every case of the topic takes. */
  readonly needs?: readonly Need[];
  readonly cases: readonly ConformanceCase[];
}

/** Whether a subject has what a case takes. A capability that is a choice counts unless it is `"none"`. */
export function isMet(need: Need, capabilities: Capabilities, serverCounted: boolean): boolean {
  if (need === "server") return serverCounted;
  const { [need]: value } = capabilities;
  return value !== false && value !== "none";
}
