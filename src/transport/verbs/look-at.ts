import type { Location } from "../../url/location.ts";
import type { Operation } from "../operation.ts";
import { isMissing } from "../operation.ts";
import type { Primitives } from "../primitives.ts";
import type { Stat } from "../stat.ts";

/** What is there itself, a link being a link; undefined where nothing is. */
export async function lookAt(primitives: Primitives, at: Location, operation: Operation): Promise<Stat | undefined> {
  try {
    return await primitives.statAt(at, { followLinks: false }, operation);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
