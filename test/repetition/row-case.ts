import type { RepetitionRequest } from "../../src/transport/repetition.ts";
import type { Outcome, RepetitionSite, Step, When } from "./repetition-site.ts";

/** One row of the table, at one of its requests and at one moment. */
export interface RowCase {
  readonly row: RepetitionRequest;
  /** What is particular about it. */
  readonly about?: string;
  readonly step: Step;
  readonly when: When;
  prepare?(site: RepetitionSite): Promise<void>;
  run(site: RepetitionSite): Promise<unknown>;
  /** From the other side. */
  happened(site: RepetitionSite): Promise<boolean>;
  readonly outcome: Outcome;
  /** What it resolves with. */
  readonly value?: unknown;
  /** All that is there in the end: paths of files with their content, of directories with a slash and nothing. Where it is not known, either of two. */
  readonly left: Readonly<Record<string, string>>;
  /** How often the request was sent in all; left out where that tells nothing. */
  readonly sent?: number;
}

export function caseKey({ row, about, step, when }: Pick<RowCase, "row" | "about" | "step" | "when">): string {
  return `${row}${about === undefined ? "" : `, ${about}`}: ${when} ${step}`;
}

/** Content that is given once. */
export async function* once(...texts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

/** Longer than any request. */
export const much: string = "0123456789abcdef".repeat(40_000);

export const never = (): Promise<boolean> => Promise.resolve(false);
export const isThere =
  (path: string) =>
  async (site: RepetitionSite): Promise<boolean> =>
    (await site.names()).includes(path);
export const isGone =
  (path: string) =>
  async (site: RepetitionSite): Promise<boolean> =>
    !(await site.names()).includes(path);
export const holds =
  (path: string, content: string) =>
  async (site: RepetitionSite): Promise<boolean> =>
    (await site.content(path)) === content;
