import type { Lock } from "../transport/lock.ts";
import type { Operation } from "../transport/operation.ts";
import { abortedError, failureAt, startOperation } from "../transport/operation.ts";
import type { Location } from "../url/location.ts";
import type { Borrower, Call } from "./borrower.ts";

/** Has the lender take a lock, and keep it until it is given back, or the borrower is gone. */
export async function borrowLock(
  borrower: Borrower,
  call: Call,
  at: Location,
  path: string,
  operation: Operation,
): Promise<Lock> {
  const open = borrower.open(call);
  await borrower.answerTo(open, operation);
  let released: Promise<void> | undefined;
  const giveBack = async (): Promise<void> => {
    try {
      const release = { ...call, verb: "release", args: { lock: open.id } } as const;
      await borrower.ask(release, startOperation("lock", undefined));
    } catch (error) {
      released = undefined; // It may be tried again.
      throw failureAt(error, "lock", at, path);
    }
  };
  const release = (): Promise<void> => (released ??= giveBack());
  if (operation.signal?.aborted === true) {
    // It came when nobody waited for it any more.
    await release();
    throw abortedError(operation);
  }
  return { path, release, [Symbol.asyncDispose]: release };
}
