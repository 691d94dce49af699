import { TransportError, isTransportError } from "../../index.ts";
import { deleteMoved } from "../../operations/delete-moved.ts";
import { ClaimedTargets } from "../claimed-targets.ts";
import type { CopyHow } from "../copying.ts";
import { Copying, copyHowOf } from "../copying.ts";
import { destinationOf } from "../destination.ts";
import type { Place } from "../place.ts";
import { onOneWire } from "../place.ts";
import type { Session } from "../session.ts";

/** Moves files and directories; between two servers by copy and delete. */
export async function mv(session: Session): Promise<void> {
  const { line, report, signal } = session;
  const sources = line.operands.slice(0, -1);
  const how: CopyHow = { ...copyHowOf(session), preserve: true };
  report.gather();
  using copying = await Copying.open(session);
  const destination = await destinationOf(session, line.operands.at(-1) as string, sources.length);
  const claimed = new ClaimedTargets();
  for (const source of sources) {
    if (signal.aborted) return;
    await session.attempt(async () => {
      const from = session.place(source);
      const to = destination.of(from);
      if (from.name === "")
        throw new TransportError("invalid-path", "a root cannot be moved", { operation: "move", url: from.url });
      if (!claimed.claim(from, to, "move")) return;
      await move(session, copying, from, to, how);
      report.result({ from: from.url, to: to.url });
    });
  }
  copying.end();
}

async function move(session: Session, copying: Copying, from: Place, to: Place, how: CopyHow): Promise<void> {
  const { report, signal } = session;
  const wire = onOneWire(from, to, session.options);
  const what = { action: "move", from: from.url, url: to.url };
  const text = `move ${from.shown} -> ${to.shown}`;
  if (how.dryRun) {
    await from.transport.stat(from.path, { signal });
    return report.plan(what, text);
  }
  if (wire === undefined) return await moveAcross(session, copying, from, to, how);
  await wire.transport
    .move(wire.from, wire.to, { signal })
    .catch((error: unknown) => missing(session, from, to, error));
  report.done(what, text);
}

/** Says of a move between two places which of them is not there. */
async function missing({ signal }: Session, from: Place, to: Place, error: unknown): Promise<never> {
  const isTarget = isTransportError(error, "not-found") && (await from.transport.has(from.path, { signal }));
  if (!isTarget) throw error;
  throw new TransportError("not-found", "there is no directory to move it into", {
    operation: "move",
    url: to.url,
    hint: "Make it with mkdir -p",
    cause: error,
  });
}

/** The source is deleted only when all of it has arrived, and of a directory nothing but what has. */
async function moveAcross(session: Session, copying: Copying, from: Place, to: Place, how: CopyHow): Promise<void> {
  const { signal } = session;
  const stat = await from.transport.stat(from.path, { signal });
  if (stat.type === "directory") {
    const moved = await copyDirectory(copying, from, to, how);
    return await deleteMoved(from.transport.clone(from.path), moved, signal);
  }
  if (stat.type === "link") await copyLink(session, from, to);
  else await copying.file({ place: from, stat }, to, how);
  await from.transport.delete(from.path, { signal });
}

/** Resolves with the paths of the files and links that have arrived. */
async function copyDirectory(copying: Copying, from: Place, to: Place, how: CopyHow): Promise<ReadonlySet<string>> {
  const moved = new Set<string>();
  const { failures } = await copying.tree(from, to, how, ({ action, path }) => {
    if (action === "copy" || action === "link") moved.add(path);
  });
  if (failures.length === 0) return moved;
  throw new TransportError("unexpected", "not all of it could be copied", {
    operation: "move",
    url: from.url,
    hint: "Nothing was deleted; see what was left out",
  });
}

/** Makes the same link in another place. */
async function copyLink({ signal }: Session, from: Place, to: Place): Promise<void> {
  const target = await from.transport.readlink(from.path, { signal });
  await to.transport.symlink(target, to.path, { signal });
}
