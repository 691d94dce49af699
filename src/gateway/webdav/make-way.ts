import { tempName } from "../../transport/temp-name.ts";
import type { Transport } from "../../transport/transport.ts";
import { memberOf, parentOf } from "./paths.ts";
import type { MemberFailure } from "./reply.ts";
import { below } from "./webdav-request.ts";

/** Puts something in its place, and tells of what of it could not be. */
type PutInPlace = () => Promise<readonly MemberFailure[]>;

/**
 * Has something put where something else is that is not replaced in one step: a directory, or what a directory comes in the place of. What was there goes aside first, and
 * is there again if not all of the new can be; where nothing can be renamed it is deleted first.
 */
export async function makeWay(transport: Transport, to: string, put: PutInPlace): Promise<readonly MemberFailure[]> {
  if (!transport.capabilities.rename) {
    await transport.deleteTree(below(to));
    return await put();
  }
  const aside = below(memberOf(parentOf(to), tempName()));
  await transport.rename(below(to), aside);
  let failures: readonly MemberFailure[];
  try {
    failures = await put();
  } catch (error) {
    await putBack(transport, aside, to);
    throw error;
  }
  if (failures.length > 0) await putBack(transport, aside, to);
  else await transport.deleteTree(aside);
  return failures;
}

/** Where even that fails, what was there is under a name that tells what it is, and the client is told why the rest failed. */
async function putBack(transport: Transport, aside: string, to: string): Promise<void> {
  await transport.deleteTree(below(to)).catch(() => undefined);
  await transport.rename(aside, below(to)).catch(() => undefined);
}
