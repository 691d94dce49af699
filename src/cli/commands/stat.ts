import { statLines, statObject } from "../print-stat.ts";
import { printable } from "../../operations/printable.ts";
import type { Session } from "../session.ts";

/** Describes files, directories and links. */
export async function stat(session: Session): Promise<void> {
  const { line, report, signal } = session;
  report.gather();
  for (const operand of line.operands) {
    if (signal.aborted) return;
    await session.attempt(async () => {
      const { transport, path, url } = session.place(operand);
      const found = await transport.stat(path, { followLinks: line.flag("follow"), signal });
      const target = found.type === "link" ? await transport.readlink(path, { signal }) : undefined;
      if (report.json) report.result({ url, ...statObject(found), target });
      else for (const text of statLines(url, found, target)) await report.line(printable(text));
    });
  }
}
