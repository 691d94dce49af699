import { TransportError, isTransportError } from "../../index.ts";
import { copyFile } from "../copy-file.ts";
import type { Session } from "../session.ts";
import type { Place } from "../place.ts";

/** Writes stdin, or a file, to exactly one location. */
export async function put(session: Session): Promise<void> {
  const { line, report } = session;
  const how = { mode: line.mode(), atomic: !line.flag("no-atomic"), createParents: line.flag("parents") };
  const [source, target] = line.operands.length === 2 ? line.operands : ["-", line.operands[0]];
  const from = source === "-" ? undefined : session.place(source as string);
  const to = session.place(target as string);
  refuseDirectory(to);
  try {
    const bytes = from === undefined ? await putStdin(session, to, how) : await copyFile(session, from, to, how);
    report.result({ url: to.url, bytes });
  } catch (error) {
    if (!isTransportError(error, "not-found") || error.operation !== "put") throw error;
    throw error.with({ hint: "Make missing directories with -p" });
  }
  await report.end();
}

/** Writes what comes in on stdin. */
export async function putStdin(
  session: Session,
  { transport, path }: Place,
  how: { mode: number | undefined; atomic: boolean },
): Promise<number> {
  const { signal } = session;
  try {
    return await transport.put(path, session.stdin(), { ...how, signal });
  } finally {
    process.stdin.destroy(); // A pipe that is still open must not keep the process.
  }
}

function refuseDirectory({ location, url }: Place): void {
  if (location.name !== "" && !location.directory) return;
  throw new TransportError("is-a-directory", "this names a directory, not a file", {
    operation: "put",
    url,
    hint: "Write the name that the file is to have",
  });
}
