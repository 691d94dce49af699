import type { CopyHow } from "../copy-file.ts";
import { copyFile, copyLink } from "../copy-file.ts";
import { copyTree } from "../copy-tree.ts";
import { destinationOf } from "../destination.ts";
import { TransportError } from "../../index.ts";
import type { Place } from "../place.ts";
import { onOneWire } from "../place.ts";
import type { Session } from "../session.ts";

/** Moves files and directories; between two servers by copy and delete. */
export async function mv(session: Session): Promise<void> {
  const { line, report } = session;
  const sources = line.operands.slice(0, -1);
  report.gather();
  const destination = await destinationOf(session, line.operands.at(-1) as string, sources.length);
  for (const source of sources) {
    if (session.signal.aborted) return;
    await session.attempt(async () => {
      const from = session.place(source);
      const to = destination(from);
      if (from.name === "")
        throw new TransportError("invalid-path", "a root cannot be moved", { operation: "move", url: from.url });
      const wire = onOneWire(from, to, session.options);
      if (wire === undefined) await moveAcross(session, from, to);
      else await wire.transport.move(wire.from, wire.to, { signal: session.signal });
      report.result({ from: from.url, to: to.url });
    });
  }
}

/** The source is deleted only when all of it has arrived. */
async function moveAcross(session: Session, from: Place, to: Place): Promise<void> {
  const { signal } = session;
  const how: CopyHow = { preserve: true, atomic: !session.line.flag("no-atomic") };
  const stat = await from.transport.stat(from.path, { signal });
  const source = { place: from, stat };
  if (stat.type !== "directory") {
    await (stat.type === "link" ? copyLink(session, from, to) : copyFile(session, source, to, how));
    return await from.transport.delete(from.path, { signal });
  }
  const { leftOut } = await copyTree(session, source, to, how);
  if (leftOut > 0) {
    throw new TransportError("unexpected", "not all of it could be copied", {
      operation: "move",
      url: from.url,
      hint: "Nothing was deleted; see what was left out",
    });
  }
  await from.transport.deleteTree(from.path, { signal });
}
