import type { Machine } from "../machine.ts";
import { machineText } from "../machine.ts";

/** What of a run goes into a document. */
export interface ReportedRun {
  readonly name: string;
  readonly machine: Machine;
  readonly tookMs: number;
  /** The tables as they were printed. */
  readonly text: string;
}

/** A document with its tables renewed. */
export interface Renewed {
  readonly markdown: string;
  /** The names of the runs that have a place in it, and of those whose place stays as it was, since there is no run. */
  readonly renewed: readonly string[];
  readonly kept: readonly string[];
}

/** A place for the tables of one benchmark: what is between two comments of HTML. */
const place = /<!-- bench ([a-z-]+) -->\n[^]*?<!-- end of \1 -->/g;

/** Puts what was measured last into the places that a document has for it. Nothing else in it changes. */
export function withReports(markdown: string, runs: readonly ReportedRun[]): Renewed {
  const [renewed, kept]: [string[], string[]] = [[], []];
  const text = markdown.replace(place, (old, name: string) => {
    const run = runs.find((one) => one.name === name);
    (run === undefined ? kept : renewed).push(name);
    return run === undefined ? old : `<!-- bench ${name} -->\n\n${reportText(run)}\n\n<!-- end of ${name} -->`;
  });
  return { markdown: text, renewed, kept };
}

/** Tables as they were printed, with what they were measured on, and when. */
function reportText({ name, machine, tookMs, text }: ReportedRun): string {
  const caption = `npm run bench -- ${name}: ${Math.ceil(tookMs / 1_000)} s\n${machineText(machine)}`;
  const tables = text.split("\n").map((line) => line.replace(/^ {2}/, ""));
  return ["```text", caption, "", ...tables, "```"].join("\n");
}
