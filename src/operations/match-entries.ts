import type { WalkedEntry } from "./walk.ts";

/** What has one name on both sides. */
export interface EntryPair {
  readonly source?: WalkedEntry;
  readonly target?: WalkedEntry;
}

/** What both sides of one directory hold, matched. */
export interface Matched {
  readonly pairs: readonly EntryPair[];
  /** Entries of the source whose names the target cannot tell from those of others. */
  readonly collisions: readonly WalkedEntry[];
}

/**
 * Matches entries of one directory by their names. Where the target does not know upper from lower case, names are matched without it; of several names
 * that are one there, the one that is there already counts, else the first in order.
 */
export function matchEntries(
  source: readonly WalkedEntry[],
  target: readonly WalkedEntry[],
  caseSensitive: boolean,
): Matched {
  const keyOf = (name: string): string => nameKey(name, caseSensitive);
  const there = new Map(target.map((entry) => [keyOf(entry.name), entry]));
  const taken = new Map<string, WalkedEntry>();
  const collisions: WalkedEntry[] = [];
  for (const entry of source) {
    const key = keyOf(entry.name);
    const other = taken.get(key);
    if (other === undefined) {
      taken.set(key, entry);
      continue;
    }
    const kept = preferred(other, entry, there.get(key)?.name);
    taken.set(key, kept);
    collisions.push(kept === entry ? other : entry);
  }
  const pairs: EntryPair[] = [];
  for (const [key, entry] of taken) {
    const match = there.get(key);
    there.delete(key);
    pairs.push(match === undefined ? { source: entry } : { source: entry, target: match });
  }
  for (const entry of there.values()) pairs.push({ target: entry });
  return { pairs, collisions };
}

/** What two names have in common that are one: with `caseSensitive`, all of it. */
export function nameKey(name: string, caseSensitive: boolean): string {
  return caseSensitive ? name : name.normalize("NFC").toLowerCase();
}

function preferred(one: WalkedEntry, other: WalkedEntry, there: string | undefined): WalkedEntry {
  if (one.name === there) return one;
  if (other.name === there) return other;
  return one.name <= other.name ? one : other;
}
