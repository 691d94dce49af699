import { copyAll } from "../copy-all.ts";
import type { Session } from "../session.ts";
import { UsageError } from "../usage-error.ts";

/** Writes a file or a directory to a local one. */
export async function get(session: Session): Promise<void> {
  const [source, target = "."] = session.line.operands as [string, string?];
  // Two files are easily meant here; the second would be overwritten by the first.
  if (target !== "-" && !session.place(target).transport.capabilities.local)
    throw new UsageError("the second location of get is not local", "samewire cp copies from anywhere to anywhere");
  await copyAll(session, [source], target);
}
