import type { CopyHow } from "../copy-file.ts";
import { copyFile } from "../copy-file.ts";
import { copyTree } from "../copy-tree.ts";
import { destinationOf } from "../destination.ts";
import { TransportError } from "../../index.ts";
import type { Place } from "../place.ts";
import type { Session } from "../session.ts";
import { toStdout } from "./cat.ts";
import { putStdin } from "./put.ts";

/** Copies files and directories between any two locations. */
export async function cp(session: Session): Promise<void> {
  const { line, report } = session;
  const sources = line.operands.slice(0, -1);
  const target = line.operands.at(-1) as string;
  const how: CopyHow = { mode: line.mode(), preserve: line.flag("preserve"), atomic: !line.flag("no-atomic") };
  if (target === "-") return await copyToStdout(session, sources);
  const destination = await destinationOf(session, target, sources.length);
  for (const source of sources) {
    if (session.signal.aborted) return;
    await session.attempt(async () => {
      if (source === "-") {
        const bytes = await putStdin(session, destination(undefined), { mode: how.mode, atomic: how.atomic });
        return report.result({ to: destination(undefined).url, bytes });
      }
      const from = session.place(source);
      report.result(await copyPlace(session, from, destination(from), how));
    });
  }
  await report.end();
}

async function copyPlace(session: Session, from: Place, to: Place, how: CopyHow): Promise<object> {
  const { type } = await from.transport.stat(from.path, { followLinks: true, signal: session.signal });
  const ends = { from: from.url, to: to.url };
  if (type !== "directory") return { ...ends, bytes: await copyFile(session, from, to, how) };
  if (session.line.flag("recursive")) return { ...ends, ...(await copyTree(session, from, to, how)) };
  throw new TransportError("is-a-directory", "this is a directory", {
    operation: "copy",
    url: from.url,
    hint: "Copy directories with -r",
  });
}

async function copyToStdout(session: Session, sources: readonly string[]): Promise<void> {
  for (const source of sources) {
    await session.attempt(async () => {
      if (source === "-") return await toStdout(session, session.stdin());
      const { transport, path } = session.place(source);
      await toStdout(session, await transport.get(path, { signal: session.signal }));
    });
  }
}
