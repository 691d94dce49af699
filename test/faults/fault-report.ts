import type { EmptyCell } from "./cell.ts";
import type { Ending } from "./ending.ts";
import type { Fault } from "./fault.ts";
import { faults } from "./fault.ts";
import type { Phase } from "./phase.ts";

/** A square as it is reported. */
export interface ReportedCell {
  readonly scheme: string;
  readonly phase: Phase;
  readonly act: string;
  readonly fault: Fault;
  readonly ending: Ending;
  readonly because?: string;
}

/** What a run has found of a scheme. */
export interface SchemeReport {
  readonly scheme: string;
  readonly tried: readonly ReportedCell[];
  readonly passed: number;
  readonly empty: readonly EmptyCell[];
}

/** What is between these two lines of the page is the run's. */
const marks = ["<!-- The matrix: written by the run. -->", "<!-- The end of the matrix. -->"] as const;

/** The page with what a run has found; what it has of schemes that did not run stays. */
export function withReports(page: string, reports: readonly SchemeReport[]): string {
  const [from, to] = marks.map((mark) => page.indexOf(mark)) as [number, number];
  if (from < 0 || to < from) throw new Error(`the page has no lines ${marks.join(" and ")}`);
  const start = from + marks[0].length;
  const sections = new Map<string, string>();
  for (const section of page.slice(start, to).split(/\n(?=### )/)) {
    const [, scheme] = /^### `(.+)`$/m.exec(section) ?? [];
    if (scheme !== undefined) sections.set(scheme, section.trim());
  }
  for (const report of reports) sections.set(report.scheme, sectionOf(report));
  const sorted = [...sections.values()].toSorted();
  return `${page.slice(0, start)}\n\n${[totalOf(sorted), ...sorted].join("\n\n")}\n\n${page.slice(to)}`;
}

function totalOf(sections: readonly string[]): string {
  const counts = sections.map((section) => /^(\d+) cells tried, (\d+) passed\.$/m.exec(section) ?? []);
  const sum = (at: 1 | 2): number => counts.reduce((total, { [at]: count }) => total + Number(count ?? 0), 0);
  return `**${sum(1)} cells tried, ${sum(2)} passed**, over ${sections.length} kinds of connection.`;
}

function sectionOf({ scheme, tried, passed, empty }: SchemeReport): string {
  const rows = new Map<string, Map<Fault, Ending>>();
  for (const { phase, act, fault, ending } of tried) {
    const row = `${phase}: ${act}`;
    if (!rows.has(row)) rows.set(row, new Map());
    rows.get(row)?.set(fault, ending);
  }
  const table = [
    ["phase: what is done", ...faults],
    ["---", ...faults.map(() => "---")],
    ...[...rows].map(([row, endings]) => [row, ...faults.map((fault) => inWords(endings.get(fault)))]),
  ];
  const special = new Map<string, Set<string>>();
  for (const { fault, because } of tried)
    if (because !== undefined) special.set(because, (special.get(because) ?? new Set()).add(fault));
  const differs = [...special].map(([because, some]) => `- ${[...some].join(", ")}: ${because}`);
  const because = empty.map((cell) => `- ${cell.phase}${listed(cell.faults)}: ${cell.because}`);
  return [
    `### \`${scheme}\``,
    `${tried.length} cells tried, ${passed} passed.`,
    table.map((cells) => `| ${cells.join(" | ")} |`).join("\n"),
    ...(differs.length === 0 ? [] : ["What is its own:", differs.join("\n")]),
    ...(because.length === 0 ? [] : ["What does not apply (–):", because.join("\n")]),
  ].join("\n\n");
}

function inWords(ending: Ending | undefined): string {
  if (ending === undefined) return "–";
  if (ending === "succeeds") return "ok";
  const codes = [ending.fails].flat().map((code) => `\`${code}\``);
  return `${codes.join(" or ")}${ending.effect === "none" ? "" : " ?"}`;
}

function listed(some: readonly string[]): string {
  return some.length === 0 ? "" : ` (${some.join(", ")})`;
}
