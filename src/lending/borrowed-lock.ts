import { heldLock } from "../transport/held-lock.ts";
import type { Lock } from "../transport/lock.ts";
import type { Operation } from "../transport/operation.ts";
import { abortedError } from "../transport/operation.ts";
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
  const held = heldLock(at, path, async (releasing) => {
    await borrower.ask({ ...call, verb: "release", args: { lock: open.id } }, releasing);
  });
  if (operation.signal?.aborted !== true) return held;
  // It came when nobody waited for it any more.
  await held.release();
  throw abortedError(operation);
}
