/** One who takes part in a comparison. */
export interface Bar {
  readonly label: string;
  readonly ms: number;
  /** Whether it is samewire. */
  readonly isOurs: boolean;
  /** Whether it was ended at that time, and would have taken longer. */
  readonly isEnded: boolean;
}

/** A comparison: who did the same work, samewire first and then the fastest. */
export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

/** The rows of a benchmark's last run. */
export interface DrawnRun {
  readonly name: string;
  readonly rows: readonly object[];
}

/** A row, as far as it is drawn. Rows for who is missing have no time. */
interface DrawnRow {
  readonly client: string;
  readonly ms?: number;
  readonly ended?: boolean;
  readonly scheme?: string;
  readonly action?: string;
  readonly roundTripMs?: number;
  readonly mebibytes?: number;
  readonly server?: string;
  readonly size?: { readonly files: number };
}

/** Others than samewire in one panel: the fastest. */
const mostOthers = 6;

interface Choice {
  readonly run: string;
  readonly title: (row: DrawnRow) => string;
  readonly of: Partial<Record<keyof DrawnRow, string | number>>;
}

const large = { run: "throughput", title: (): string => "" };
const tree = (way: string) => (row: DrawnRow) => `${row.size?.files ?? ""} small files ${way}`;

/** What is drawn, where it was measured: what most people do, with a delay and without one. */
const choices: readonly Choice[] = [
  { ...large, title: () => "SFTP, get 256 MiB", of: { scheme: "sftp", action: "get", roundTripMs: 0 } },
  { ...large, title: () => "SFTP, get 256 MiB, at 20 ms", of: { scheme: "sftp", action: "get", roundTripMs: 20 } },
  { run: "trees", title: (row) => `SFTP, ${tree("up")(row)}`, of: { scheme: "sftp", action: "put", roundTripMs: 0 } },
  {
    run: "trees",
    title: (row) => `SFTP, ${tree("up, at 20 ms")(row)}`,
    of: { scheme: "sftp", action: "put", roundTripMs: 20 },
  },
  {
    run: "trees",
    title: (row) => `SFTP, ${tree("down, at 20 ms")(row)}`,
    of: { scheme: "sftp", action: "get", roundTripMs: 20 },
  },
  {
    run: "trees",
    title: (row) => `WebDAV, ${tree("up, at 20 ms")(row)}`,
    of: { scheme: "dav", action: "put", roundTripMs: 20 },
  },
  { ...large, title: () => "HTTP, get 256 MiB", of: { scheme: "http", action: "get", roundTripMs: 0 } },
  { run: "chain", title: () => "7 URLs on 2 SFTP servers, at 20 ms", of: { roundTripMs: 20 } },
];

/** What of the last runs is drawn. A comparison in which nobody but samewire took part is none. */
export function panelsOf(runs: readonly DrawnRun[]): readonly Panel[] {
  return choices.flatMap((choice) => {
    const rows = (runs.find(({ name }) => name === choice.run)?.rows ?? []) as readonly DrawnRow[];
    const chosen = rows.filter((row) =>
      Object.entries(choice.of).every(([key, value]) => row[key as keyof DrawnRow] === value),
    );
    const [first] = chosen;
    const bars = barsOf(chosen);
    return first === undefined || bars.length < 2 ? [] : [{ title: choice.title(first), bars }];
  });
}

/** samewire as it comes, then the fastest of the others. Who copied less than samewire is not drawn: a bar is a time for the same work. */
function barsOf(rows: readonly DrawnRow[]): readonly Bar[] {
  const ours = rows.find(({ client }) => isOurs(client));
  const bars = rows
    .filter((row) => row === ours || (!isOurs(row.client) && row.mebibytes === ours?.mebibytes))
    .flatMap(({ client, ms, ended = false }): Bar[] =>
      ms === undefined ? [] : [{ label: client, ms, isOurs: isOurs(client), isEnded: ended }],
    );
  const others = bars.filter((bar) => !bar.isOurs).toSorted((one, other) => one.ms - other.ms);
  return [...bars.filter((bar) => bar.isOurs), ...others.slice(0, mostOthers)];
}

function isOurs(client: string): boolean {
  return client.startsWith("samewire");
}
