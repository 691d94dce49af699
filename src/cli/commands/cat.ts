import { pipeline } from "node:stream/promises";

import type { Session } from "../session.ts";

/** Writes files to stdout, one after another. */
export async function cat(session: Session): Promise<void> {
  const { line, signal } = session;
  const range = { offset: line.bytes("offset"), length: line.bytes("length") };
  for (const operand of line.operands) {
    if (signal.aborted) return;
    await session.attempt(async () => {
      if (operand === "-") return await toStdout(session, session.stdin());
      const { transport, path } = session.place(operand);
      await toStdout(session, await transport.get(path, { ...range, signal }));
    });
  }
}

/** Writes all of a source to stdout, at the pace of whoever reads it. */
export async function toStdout({ signal }: Session, source: AsyncIterable<Uint8Array>): Promise<void> {
  await pipeline(source, process.stdout, { end: false, signal });
}
