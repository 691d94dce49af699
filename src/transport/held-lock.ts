import type { Location } from "../url/location.ts";
import type { Lock } from "./lock.ts";
import type { Operation } from "./operation.ts";
import { failureAt, startOperation } from "./operation.ts";

/** A lock for who has taken it: given back once, however often it is released; after a failure it may be tried again. */
export function heldLock(at: Location, path: string, giveBack: (operation: Operation) => Promise<void>): Lock {
  let released: Promise<void> | undefined;
  const attempt = async (): Promise<void> => {
    try {
      await giveBack(startOperation("lock", undefined));
    } catch (error) {
      released = undefined;
      throw failureAt(error, "lock", at, path);
    }
  };
  const release = (): Promise<void> => (released ??= attempt());
  return { path, release, [Symbol.asyncDispose]: release };
}
