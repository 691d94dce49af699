import { TransportError } from "../index.ts";
import { nameKey } from "../operations/match-entries.ts";
import type { Place } from "./place.ts";

/** Where the sources of one command go: none of them may take the place of what another one has brought there. */
export class ClaimedTargets {
  /** By the target's URL, what was brought there. */
  readonly #claims = new Map<string, string>();

  /**
   * Whether a source is to be brought there; false where it was named before.
   *
   * @throws TransportError `already-exists` where another one goes there
   */
  claim(from: Place, to: Place, operation: "copy" | "move"): boolean {
    const key = nameKey(to.url, to.transport.capabilities.caseSensitive);
    const other = this.#claims.get(key);
    this.#claims.set(key, other ?? from.url);
    if (other === undefined) return true;
    if (other === from.url) return false;
    throw new TransportError("already-exists", `another file goes to the same place: ${other}`, {
      operation,
      url: from.url,
      hint: "Name a target for each of them",
    });
  }
}
