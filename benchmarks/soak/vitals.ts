import { readdirSync } from "node:fs";
import { getEventListeners } from "node:events";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What this process has, while none of its operations is under way. */
export interface Vitals {
  readonly residentBytes: number;
  /** Of those: in use by JavaScript, and by what it holds outside its heap. */
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** Files and sockets; undefined where the system does not tell. */
  readonly descriptors: number | undefined;
  /** What keeps the process alive, by kind. */
  readonly resources: ReadonlyMap<string, number>;
  /** Of each of this process's own events, and of the signal that every operation was given. */
  readonly listeners: ReadonlyMap<string, number>;
}

const rounds = 5;
const pauseMs = 200;

/** Takes the measure of this process, after what nobody needs any more was collected. */
export async function takeVitals(lasting: AbortSignal): Promise<Vitals> {
  const collect = collector();
  // What a collection frees is given back to the system a while later.
  for (let round = 0; round < rounds; round++) {
    collect();
    await setTimeout(pauseMs);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    residentBytes: rss,
    heapBytes: heapUsed,
    externalBytes: external,
    descriptors: descriptors(),
    resources: countsOf(process.getActiveResourcesInfo()),
    listeners: new Map([
      ...process.eventNames().map((name) => [`listeners of ${String(name)}`, process.listenerCount(name)] as const),
      ["listeners of the signal", getEventListeners(lasting, "abort").length],
    ]),
  };
}

/** What grew between two measures although nothing is under way; empty where nothing did. */
export function growth(before: Vitals, after: Vitals): string[] {
  const grown: string[] = [];
  const compare = (what: string, old: number, now: number, slack: number): void => {
    if (now > old + slack) grown.push(`${what} grew from ${old} to ${now}`);
  };
  compare("open files and sockets", before.descriptors ?? 0, after.descriptors ?? 0, spareDescriptors);
  for (const [kind, count] of after.listeners) compare(kind, before.listeners.get(kind) ?? 0, count, 0);
  for (const [kind, count] of after.resources) compare(kind, before.resources.get(kind) ?? 0, count, spareResources);
  return grown;
}

/** Wires that are open at one of the moments and not at the other, with both ends of each, the tap's included. */
const spareDescriptors = 24;
const spareResources = 24;

function collector(): () => void {
  if (globalThis.gc !== undefined) return () => globalThis.gc?.();
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

function descriptors(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}

function countsOf(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
