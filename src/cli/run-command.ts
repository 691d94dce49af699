import type { CommandLine } from "./command-line.ts";
import type { CommandName } from "./command-table.ts";
import { Interruption } from "./interruption.ts";
import { Session } from "./session.ts";
import { UsageError } from "./usage-error.ts";

/** What a command does; failures of single operands go to the session's report. */
export type Command = (session: Session) => Promise<void>;

/** Commands that need the library. */
type RunnableName = Exclude<CommandName, "completion">;

const load: Readonly<Record<RunnableName, () => Promise<Command>>> = {
  ls: async () => (await import("./commands/ls.ts")).ls,
  tree: async () => (await import("./commands/tree.ts")).tree,
  cat: async () => (await import("./commands/cat.ts")).cat,
  get: async () => (await import("./commands/get.ts")).get,
  put: async () => (await import("./commands/put.ts")).put,
  cp: async () => (await import("./commands/cp.ts")).cp,
  mv: async () => (await import("./commands/mv.ts")).mv,
  rm: async () => (await import("./commands/rm.ts")).rm,
  mkdir: async () => (await import("./commands/mkdir.ts")).mkdir,
  stat: async () => (await import("./commands/stat.ts")).stat,
  du: async () => (await import("./commands/du.ts")).du,
  sync: async () => (await import("./commands/sync.ts")).sync,
  diff: async () => (await import("./commands/diff.ts")).diff,
  lock: async () => (await import("./commands/lock.ts")).lock,
  "break-lock": async () => (await import("./commands/break-lock.ts")).breakLock,
  explain: async () => (await import("./commands/explain.ts")).explain,
  serve: async () => (await import("./commands/serve.ts")).serve,
  lend: async () => (await import("./commands/lend.ts")).lend,
};

/** Runs a command in a scope of its own; answers with the exit code. */
export async function runCommand(command: RunnableName, line: CommandLine): Promise<number> {
  using interruption = new Interruption();
  await using session = await Session.open(line, interruption.signal);
  try {
    const run = await load[command]();
    await session.borrow();
    await run(session);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (!interruption.signal.aborted) session.report.failed(error);
  }
  await session.attempt(() => session.report.end());
  if (interruption.failure !== undefined) session.report.failed(interruption.failure);
  return session.report.programExitCode ?? interruption.exitCode ?? session.report.exitCode;
}
