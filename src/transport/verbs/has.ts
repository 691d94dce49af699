import { isTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import type { Operation } from "../operation.ts";
import type { Primitives } from "../primitives.ts";

/** Whether something is there, links followed. A path through a file leads nowhere: that is "not there" as well. */
export async function has(primitives: Primitives, at: Location, operation: Operation): Promise<boolean> {
  try {
    await primitives.statAt(at, { followLinks: true }, operation);
    return true;
  } catch (error) {
    if (isTransportError(error, "not-found", "not-a-directory")) return false;
    throw error;
  }
}
