import type { Location } from "../../../url/location.ts";
import { isBelow } from "../../../url/path.ts";
import { originOf } from "../http-origin.ts";

/** The tokens of the locks that transports on one connection hold. Without them the server would refuse their own holders. */
export class LockTokens {
  readonly #held = new Map<string, Location>();

  add(place: Location, token: string): void {
    this.#held.set(token, place);
  }

  remove(token: string): void {
    this.#held.delete(token);
  }

  /** What is gone takes the locks on it, and on what was in it, with it. */
  removeAt(place: Location): void {
    for (const [token, { segments }] of this.#held) if (isBelow(place.segments, segments)) this.#held.delete(token);
  }

  /** The tokens that are shown with a change of these places, each with what it locks. */
  shownWith(places: readonly Location[]): readonly (readonly [token: string, place: Location])[] {
    return [...this.#held].filter(([, { segments: locked }]) =>
      places.some(({ segments }) => isBelow(segments, locked) || isBelow(locked, segments)),
    );
  }

  /** The header that shows them with a change of these places: those of locks on them, on what is below them, and on what they are in. */
  headerFor(places: readonly Location[]): Readonly<Record<string, string>> {
    const shown = this.shownWith(places);
    if (shown.length === 0) return {};
    // Each with the place that it is for: without one it would be said of the directory above as well, which Apache takes amiss.
    return { if: shown.map(([token, place]) => `<${originOf(place)}${place.target}> (<${token}>)`).join(" ") };
  }
}
