import type { Session } from "../session.ts";
import { copyAll } from "../copy-all.ts";

/** Copies files and directories between any two locations. */
export async function cp(session: Session): Promise<void> {
  const { operands } = session.line;
  await copyAll(session, operands.slice(0, -1), operands.at(-1) as string);
}
