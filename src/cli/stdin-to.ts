import type { CopyFileHow } from "./copy-file.ts";
import type { Place } from "./place.ts";
import type { Session } from "./session.ts";

/** Writes what comes in on stdin; answers with its length in bytes. */
export async function stdinTo(session: Session, { transport, path }: Place, how: CopyFileHow): Promise<number> {
  const { mode, atomic, createParents } = how;
  const { signal } = session;
  try {
    return await transport.put(path, session.stdin(), { mode, atomic, createParents, signal });
  } finally {
    process.stdin.destroy(); // A pipe that is still open must not keep the process.
  }
}
