import type { LockInfo } from "../../index.ts";
import { printable } from "../../operations/printable.ts";
import type { Session } from "../session.ts";

/** Tells who holds the locks of locations; the exit code says whether anybody does. */
export async function lock(session: Session): Promise<void> {
  const { line, report, signal } = session;
  report.gather();
  for (const operand of line.operands) {
    if (signal.aborted) return;
    await session.attempt(async () => {
      const { transport, path, url, shown } = session.place(operand);
      const info = await transport.lockInfo(path, { signal });
      if (info !== undefined) report.differs();
      report.result({ url, lock: info === undefined ? null : lockObject(info) });
      const words = info === undefined ? "nobody" : `locked by ${info.holder}`;
      if (!report.json && !(info === undefined && report.quiet)) await report.line(printable(`${shown}: ${words}`));
    });
  }
}

/** What `--json` tells of a lock. */
export function lockObject({ user, host, pid, program, since, holder, id }: LockInfo): object {
  return { id, user, host, pid, program, since: since?.toISOString(), holder };
}
