import type { LockInfo } from "../../index.ts";
import { TransportError } from "../../index.ts";
import { printable } from "../../operations/printable.ts";
import type { Place } from "../place.ts";
import type { Session } from "../session.ts";
import { Terminal } from "../terminal.ts";
import { lockObject } from "./lock.ts";

/** Takes the locks of locations away from who holds them: asks at a terminal, unless told not to. */
export async function breakLock(session: Session): Promise<void> {
  const { line, report, signal } = session;
  report.gather();
  for (const operand of line.operands) {
    if (signal.aborted) return;
    await session.attempt(async () => await breakAt(session, session.place(operand)));
  }
}

async function breakAt(session: Session, place: Place): Promise<void> {
  const { line, report, signal } = session;
  const { transport, path, url, shown } = place;
  const info = await transport.lockInfo(path, { signal });
  if (info === undefined) return report.note({ lock: null, url }, printable(`${shown}: nobody holds the lock`));
  const what = { action: "break-lock", url, lock: lockObject(info) };
  const words = `break the lock of ${shown}, held by ${info.holder}`;
  if (line.flag("dry-run")) {
    report.plan(what, words);
    return report.result({ url });
  }
  if (!line.flag("force")) await confirm(session, place, info);
  await transport.breakLock(path, info, { signal });
  report.done(what, words);
  report.result({ url, lock: lockObject(info) });
}

/** Resolves where a person says yes; everything else leaves the lock where it is. */
async function confirm({ report, signal }: Session, { url, shown }: Place, { holder }: LockInfo): Promise<void> {
  const terminal = Terminal.find(report.messages);
  if (terminal === undefined)
    throw new TransportError("locked", `locked by ${holder}`, {
      operation: "breakLock",
      url,
      hint: "Nobody is here to be asked: where that process is gone, use --force",
    });
  const answer = await terminal.converse(async () => {
    terminal.say(printable(`${shown}: locked by ${holder}`));
    return await terminal.ask({ text: "Break it? yes, no: ", echo: true, signal });
  });
  if (answer?.trim().toLowerCase() === "yes") return;
  throw new TransportError("locked", `not broken: still held by ${holder}`, { operation: "breakLock", url });
}
