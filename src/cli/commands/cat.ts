import { pipeline } from "node:stream/promises";

import type { GetOptions } from "../../index.ts";
import type { Session } from "../session.ts";

/** Writes files to stdout, one after another. */
export async function cat(session: Session): Promise<void> {
  const { line } = session;
  await writeToStdout(session, line.operands, { offset: line.bytes("offset"), length: line.bytes("length") });
}

/** Writes files, or a part of each, to stdout, at the pace of whoever reads it. */
export async function writeToStdout(session: Session, operands: readonly string[], range: GetOptions): Promise<void> {
  const { signal } = session;
  for (const operand of operands) {
    if (signal.aborted) return;
    await session.attempt(async () => {
      const content = operand === "-" ? session.stdin() : await open(session, operand, range);
      await pipeline(content, process.stdout, { end: false, signal });
    });
  }
}

async function open(session: Session, operand: string, range: GetOptions): Promise<AsyncIterable<Uint8Array>> {
  const { transport, path } = session.place(operand);
  return await transport.get(path, { ...range, signal: session.signal });
}
