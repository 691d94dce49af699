import type { WalkedEntry } from "../index.ts";
import type { Surveyed } from "../operations/survey.ts";

/** One line of a drawing. */
export interface DrawnEntry {
  readonly entry: WalkedEntry;
  /** What leads to it from the left: `│   ├── `. */
  readonly branch: string;
}

interface Level {
  readonly path: string;
  readonly indent: string;
  /** In order; undefined until all of them are known. */
  entries: readonly WalkedEntry[] | undefined;
  next: number;
}

/** Puts what a survey finds, in whatever order, into the order of a drawing: each directory by name, with what is in it behind it. Holds what cannot be drawn yet. */
export class TreeDrawing {
  readonly #found = new Map<string, WalkedEntry[]>();
  readonly #complete = new Set<string>();
  readonly #closed: (entry: WalkedEntry) => boolean;
  readonly #levels: Level[] = [{ path: "", indent: "", entries: undefined, next: 0 }];

  /** `closed`: of which directories nothing is shown. */
  constructor(closed: (entry: WalkedEntry) => boolean) {
    this.#closed = closed;
  }

  take({ directory, entries, complete }: Surveyed): void {
    const found = this.#found.get(directory);
    if (found === undefined) this.#found.set(directory, [...entries]);
    else found.push(...entries);
    if (complete) this.#complete.add(directory);
  }

  /** No more of a directory will be found. */
  end(directory: string): void {
    this.#complete.add(directory);
  }

  /** What can be drawn by now. */
  *ready(): Generator<DrawnEntry> {
    for (let level = this.#levels.at(-1); level !== undefined; level = this.#levels.at(-1)) {
      level.entries ??= this.#entriesOf(level.path);
      if (level.entries === undefined) return;
      const entry = level.entries[level.next++];
      if (entry === undefined) {
        this.#levels.pop();
        continue;
      }
      const last = level.next === level.entries.length;
      yield { entry, branch: `${level.indent}${last ? "└── " : "├── "}` };
      if (entry.stat.type === "directory" && !this.#closed(entry))
        this.#levels.push({
          path: entry.path,
          indent: `${level.indent}${last ? "    " : "│   "}`,
          entries: undefined,
          next: 0,
        });
    }
  }

  #entriesOf(path: string): readonly WalkedEntry[] | undefined {
    if (!this.#complete.delete(path)) return undefined;
    const entries = this.#found.get(path) ?? [];
    this.#found.delete(path);
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}
