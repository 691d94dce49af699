import type { CommandLine } from "./command-line.ts";
import type { CommandName } from "./command-table.ts";
import { Interruption } from "./interruption.ts";
import { Session } from "./session.ts";
import { UsageError } from "./usage-error.ts";

/** What a command does; failures of single operands go to the session's report. */
export type Command = (session: Session) => Promise<void>;

const load: Readonly<Record<CommandName, () => Promise<Command>>> = {
  ls: async () => (await import("./commands/ls.ts")).ls,
  cat: async () => (await import("./commands/cat.ts")).cat,
  put: async () => (await import("./commands/put.ts")).put,
  cp: async () => (await import("./commands/cp.ts")).cp,
  mv: async () => (await import("./commands/mv.ts")).mv,
  rm: async () => (await import("./commands/rm.ts")).rm,
  mkdir: async () => (await import("./commands/mkdir.ts")).mkdir,
  stat: async () => (await import("./commands/stat.ts")).stat,
  explain: async () => (await import("./commands/explain.ts")).explain,
};

/** Runs a command in a scope of its own; answers with the exit code. */
export async function runCommand(line: CommandLine): Promise<number> {
  using interruption = new Interruption();
  await using session = await Session.open(line, interruption.signal);
  try {
    const command = await load[line.command]();
    await command(session);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (!interruption.signal.aborted) session.report.failed(error);
  }
  await session.attempt(() => session.report.end());
  if (interruption.failure !== undefined) session.report.failed(interruption.failure);
  return interruption.exitCode ?? (session.report.hasFailed ? 1 : 0);
}
