import type { FaultName } from "./faults.ts";
import type { Ledger } from "./ledger.ts";
import type { SoakScheme } from "./places/soak-place.ts";
import type { Vitals } from "./vitals.ts";
import type { WireFigures } from "./wire-count.ts";

/** What came of a run. */
export interface SoakFigures {
  readonly seed: number;
  readonly ledger: Ledger;
  readonly tookMs: number;
  readonly clones: number;
  readonly sites: readonly SiteFigures[];
  /** Undefined where the run did not come so far. */
  readonly quarter: Vitals | undefined;
  readonly end: Vitals;
}

interface SiteFigures {
  readonly scheme: SoakScheme;
  readonly server: string;
  readonly mostWires: number;
  readonly faults: ReadonlyMap<FaultName, number>;
  readonly wires: WireFigures;
}

/** What was done and what happened to it, in lines for people. */
export function detailText({ ledger, sites, tookMs, clones, quarter, end }: SoakFigures): string {
  const seconds = (tookMs / 1_000).toFixed(0);
  return [
    `${clones} clones did ${ledger.operations} operations in ${seconds} s: ${counts(ledger.verbs)}`,
    `${ledger.acknowledged} changes were acknowledged, ${ledger.refused} operations refused as they had to be`,
    `failed on the way (code/effect): ${counts(ledger.troubles)}`,
    `${ledger.uncertain} directories with a change of which nobody knew held one of what they may, ${ledger.lost} something else`,
    `${ledger.temporaries} temporaries were left behind there, by their names`,
    ...sites.map(siteText),
    `at a quarter ${vitalsText(quarter)}; at the end ${vitalsText(end)}`,
  ].join("\n");
}

/** The line that says it all. */
export function figuresLine({ seed, ledger, sites, quarter, end }: SoakFigures): string {
  const faults = sites.reduce((sum, site) => sum + total(site.faults), 0);
  const reconnects = sites.reduce((sum, { wires }) => sum + Math.max(0, wires.opened - wires.most), 0);
  const wires = sites.map((site) => `${site.scheme} ${mostOf(site.wires)}`).join(", ");
  return [
    `soak seed ${seed}: ${ledger.operations} operations`,
    `${faults} faults injected`,
    `${reconnects} reconnects`,
    `${ledger.verified} of ${ledger.written} acknowledged writes verified (the rest replaced or deleted before)`,
    `lost ${ledger.lost}`,
    `wires per key ${wires}`,
    `resident memory ${memory(quarter)} at a quarter and ${memory(end)} at the end${change(quarter, end)}`,
    `${ledger.wrongCount} wrong`,
  ].join(", ");
}

function siteText({ scheme, server, mostWires, faults, wires }: SiteFigures): string {
  const seen = wires.mostSeen === undefined ? "" : `, ${wires.mostSeen} by the kernel's`;
  return `${scheme} on ${server}: ${counts(faults)}; ${wires.opened} wires, at once ${wires.most} by the library's count${seen}, of ${mostWires}`;
}

function mostOf({ most, mostSeen = 0 }: WireFigures): number {
  return Math.max(most, mostSeen);
}

function counts(of: ReadonlyMap<string, number>): string {
  const sorted = [...of].toSorted(([, one], [, other]) => other - one);
  return sorted.map(([name, count]) => `${name} ${count}`).join(", ") || "none";
}

function total(of: ReadonlyMap<string, number>): number {
  return [...of.values()].reduce((sum, count) => sum + count, 0);
}

function vitalsText(vitals: Vitals | undefined): string {
  if (vitals === undefined) return "not reached";
  const { heapBytes, externalBytes, descriptors = "unknown", resources } = vitals;
  return `${mebibytes(heapBytes)} in the heap and ${mebibytes(externalBytes)} beside it, ${descriptors} open files and sockets, ${counts(resources)}`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function memory(vitals: Vitals | undefined): string {
  return vitals === undefined ? "unknown" : mebibytes(vitals.residentBytes);
}

function change(quarter: Vitals | undefined, end: Vitals): string {
  if (quarter === undefined) return "";
  const share = (end.residentBytes / quarter.residentBytes - 1) * 100;
  return ` (${share < 0 ? "−" : "+"}${Math.abs(share).toFixed(1)} %)`;
}
