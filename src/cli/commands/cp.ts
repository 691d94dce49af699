import type { CopyHow } from "../copy-file.ts";
import { copyFile } from "../copy-file.ts";
import { copyTree } from "../copy-tree.ts";
import { destinationOf } from "../destination.ts";
import { TransportError } from "../../index.ts";
import type { Place } from "../place.ts";
import type { Session } from "../session.ts";
import { writeToStdout } from "./cat.ts";
import { putStdin } from "./put.ts";

/** Copies files and directories between any two locations. */
export async function cp(session: Session): Promise<void> {
  const { line, report } = session;
  const sources = line.operands.slice(0, -1);
  const target = line.operands.at(-1) as string;
  const how: CopyHow = { mode: line.mode(), preserve: line.flag("preserve"), atomic: !line.flag("no-atomic") };
  if (target === "-") return await writeToStdout(session, sources, {});
  report.gather();
  const destination = await destinationOf(session, target, sources.length);
  for (const source of sources) {
    if (session.signal.aborted) return;
    await session.attempt(async () => {
      if (source === "-") {
        const bytes = await putStdin(session, destination(undefined), how);
        return report.result({ to: destination(undefined).url, bytes });
      }
      const from = session.place(source);
      report.result(await copyPlace(session, from, destination(from), how));
    });
  }
}

async function copyPlace(session: Session, from: Place, to: Place, how: CopyHow): Promise<object> {
  const stat = await from.transport.stat(from.path, { followLinks: true, signal: session.signal });
  const source = { place: from, stat };
  const ends = { from: from.url, to: to.url };
  if (stat.type !== "directory") return { ...ends, bytes: await copyFile(session, source, to, how) };
  if (session.line.flag("recursive")) return { ...ends, ...(await copyTree(session, source, to, how)) };
  throw new TransportError("is-a-directory", "this is a directory", {
    operation: "copy",
    url: from.url,
    hint: "Copy directories with -r",
  });
}
