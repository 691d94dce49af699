import { TransportError, isTransportError } from "../../index.ts";
import type { Place } from "../place.ts";
import type { Session } from "../session.ts";

/** `.` and `..`, also at the end of a path: what they are is easily forgotten, and rm(1) refuses them too. */
const dots = /(?:^|[/:])\.{1,2}\/*$/;

/** Deletes files and, where that is asked for, directories. */
export async function rm(session: Session): Promise<void> {
  const { line, report, signal } = session;
  report.gather();
  for (const operand of line.operands) {
    if (signal.aborted) return;
    await session.attempt(async () => {
      const place = session.place(operand);
      if (dots.test(operand))
        throw new TransportError("invalid-path", "what is written as . or .. is not deleted", {
          operation: "delete",
          url: place.url,
          hint: "Write the name of the directory",
        });
      if (await remove(session, place)) report.result({ url: place.url });
    });
  }
}

/** True if something was deleted, or would be. */
async function remove(
  { line, report, signal }: Session,
  { transport, path, name, url, shown }: Place,
): Promise<boolean> {
  if (name === "") {
    throw new TransportError("invalid-path", "this is a root or the login directory, and is not deleted", {
      operation: "delete",
      url,
      hint: "Delete what is in it by name",
    });
  }
  const what = { action: "delete", url };
  try {
    if (line.flag("dry-run")) {
      const { type } = await transport.stat(path, { signal });
      if (type === "directory" && !line.flag("recursive"))
        throw new TransportError("is-a-directory", "it is a directory", {
          operation: "delete",
          url,
          hint: "Delete directories with -r of rm",
        });
      report.plan(what, `delete ${shown}`);
      return true;
    }
    await (line.flag("recursive") ? transport.deleteTree(path, { signal }) : transport.delete(path, { signal }));
    report.done(what, `delete ${shown}`);
    return true;
  } catch (error) {
    if (line.flag("force") && isTransportError(error, "not-found")) return false;
    throw error;
  }
}
