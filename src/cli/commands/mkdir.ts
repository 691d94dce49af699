import type { Session } from "../session.ts";

/** Makes directories. */
export async function mkdir(session: Session): Promise<void> {
  const { line, report, signal } = session;
  const mode = line.mode();
  report.gather();
  for (const operand of line.operands) {
    if (signal.aborted) return;
    await session.attempt(async () => {
      const { transport, path, url, shown } = session.place(operand);
      let made = true;
      if (line.flag("parents")) made = await transport.clone(path).createPrefix({ mode, signal });
      else await transport.mkdir(path, { mode, signal });
      if (made) report.done({ action: "mkdir", url }, `mkdir ${shown}`);
      report.result({ url, made });
    });
  }
}
