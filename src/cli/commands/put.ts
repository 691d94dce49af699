import { TransportError } from "../../index.ts";
import type { CopyHow } from "../copying.ts";
import { Copying, copyHowOf } from "../copying.ts";
import type { Place } from "../place.ts";
import type { Session } from "../session.ts";
import { stdinTo } from "../stdin-to.ts";

/** Writes stdin, or a file, to exactly one location. */
export async function put(session: Session): Promise<void> {
  const { line, report } = session;
  const how: CopyHow = { ...copyHowOf(session), createParents: line.flag("parents") };
  report.gather();
  const [source, target] = line.operands.length === 2 ? line.operands : ["-", line.operands[0]];
  const from = source === "-" ? undefined : session.place(source as string);
  const to = session.place(target as string);
  refuseDirectory(to);
  const bytes = from === undefined ? await putStdin(session, to, how) : await putFile(session, from, to, how);
  report.result({ url: to.url, bytes });
}

async function putStdin(session: Session, to: Place, how: CopyHow): Promise<number | undefined> {
  if (!how.dryRun) return await stdinTo(session, to, how);
  session.report.plan({ action: "copy", url: to.url }, `copy ${to.shown}`);
  return undefined;
}

async function putFile(session: Session, from: Place, to: Place, how: CopyHow): Promise<number> {
  const { transport, path } = from;
  const stat = await transport.stat(path, { followLinks: true, signal: session.signal });
  if (stat.type === "directory") {
    throw new TransportError("is-a-directory", "this is a directory", {
      operation: "put",
      url: from.url,
      hint: "Copy directories with cp -r, or with sync",
    });
  }
  using copying = await Copying.open(session);
  const bytes = await copying.file({ place: from, stat }, to, how);
  copying.end();
  return bytes;
}

function refuseDirectory({ location, url }: Place): void {
  if (location.name !== "" && !location.directory) return;
  throw new TransportError("is-a-directory", "this names a directory, not a file", {
    operation: "put",
    url,
    hint: "Write the name that the file is to have",
  });
}
