import type { TransportOptions } from "../../../src/index.ts";
import type { ProgramName } from "../../servers/find-servers.ts";

/** What is tried with an option: what is given first, and then. */
export const identityChecks = {
  "another value needs its own wire": 2,
  "the same value again shares, also where nothing is taken": 1,
  "absent, it is taken from the candidate": 1,
  "explicitly none against some needs its own wire": 2,
  "some against explicitly none needs its own wire": 2,
  "some against unsaid needs its own wire": 2,
  "unsaid, where nothing is taken, needs its own wire": 2,
} as const;

export const policyChecks = {
  "another value shares": 1,
  "absent, it shares": 1,
  "unsaid, where nothing is taken, it shares": 1,
} as const;

export type Check = keyof typeof identityChecks | keyof typeof policyChecks;

/** Values of one option that work on a server. Made anew each time, so that nothing is equal because it is the same object. */
export interface OptionCase {
  readonly some: () => TransportOptions;
  readonly other: () => TransportOptions;
  /** Explicitly none; of an option that always has a value, its default. Policies have none. */
  readonly none?: () => TransportOptions;
  /** Options of the site, by dotted name, that are not given in this case. The option itself never is. */
  readonly without?: readonly string[];
  /** Given in every call that gives any. */
  readonly beside?: TransportOptions;
  /** What it takes on this machine; where that is missing the case is skipped, and the end of the run says so. */
  readonly needs?: ProgramName;
  /** Where another URL than the site's is used. */
  readonly url?: string;
  /** Of what a URL says, the one that says the other value; it is never unsaid, nor none. */
  readonly otherUrl?: string;
  /** A wire count that is not the usual one, by check; and why. */
  readonly unusual?: { readonly why: string; readonly wires: Partial<Record<Check, number>> };
  /** The other value is refused by the server, which counts the connection all the same; and why. */
  readonly refused?: string;
}

/** Values for options by dotted name. */
export type OptionCases = Readonly<Record<string, OptionCase>>;

/** Callbacks that are another function each time, and equal by their id. */
export function withId<Callback extends object>(make: () => Callback, id: string): Callback {
  return Object.assign(make(), { id });
}

/** A case whose values are spelled out. */
export function values(
  some: TransportOptions,
  other: TransportOptions,
  none?: TransportOptions,
): Pick<OptionCase, "some" | "other" | "none"> {
  return {
    some: () => structuredClone(some),
    other: () => structuredClone(other),
    ...(none === undefined ? {} : { none: () => structuredClone(none) }),
  };
}
