import { TransportError, isTransportError } from "../../index.ts";
import type { CopyHow } from "../copy-file.ts";
import { copyFile } from "../copy-file.ts";
import type { Place } from "../place.ts";
import type { Session } from "../session.ts";

/** Writes stdin, or a file, to exactly one location. */
export async function put(session: Session): Promise<void> {
  const { line, report } = session;
  const how = { mode: line.mode(), atomic: !line.flag("no-atomic"), createParents: line.flag("parents") };
  report.gather();
  const [source, target] = line.operands.length === 2 ? line.operands : ["-", line.operands[0]];
  const from = source === "-" ? undefined : session.place(source as string);
  const to = session.place(target as string);
  refuseDirectory(to);
  try {
    const bytes = from === undefined ? await putStdin(session, to, how) : await putFile(session, from, to, how);
    report.result({ url: to.url, bytes });
  } catch (error) {
    if (!isTransportError(error, "not-found") || error.operation !== "put") throw error;
    throw error.with({ hint: "Make missing directories with -p" });
  }
}

/** Writes what comes in on stdin. */
export async function putStdin(session: Session, { transport, path }: Place, how: CopyHow): Promise<number> {
  const { mode, atomic, createParents } = how;
  const { signal } = session;
  try {
    return await transport.put(path, session.stdin(), { mode, atomic, createParents, signal });
  } finally {
    process.stdin.destroy(); // A pipe that is still open must not keep the process.
  }
}

async function putFile(session: Session, from: Place, to: Place, how: CopyHow): Promise<number> {
  const { transport, path } = from;
  const stat = await transport.stat(path, { followLinks: true, signal: session.signal });
  return await copyFile(session, { place: from, stat }, to, how);
}

function refuseDirectory({ location, url }: Place): void {
  if (location.name !== "" && !location.directory) return;
  throw new TransportError("is-a-directory", "this names a directory, not a file", {
    operation: "put",
    url,
    hint: "Write the name that the file is to have",
  });
}
