import type { LendOptions, Transport } from "../../index.ts";
import { TransportError, lend as lendOver, lendToPrograms } from "../../index.ts";
import { openDirectory } from "../open-directory.ts";
import { programEnvironment } from "../program-environment.ts";
import { ProgramRun } from "../program-run.ts";
import type { Session } from "../session.ts";

/** Runs a program that may use our connections. */
export async function lend(session: Session): Promise<void> {
  const { line, report } = session;
  const [program, ...args] = line.program as [string, ...string[]];
  const transports = await Promise.all(line.operands.map((operand) => openDirectory(session, operand, "lend")));
  const options = { readonly: line.flag("readonly") };
  const command = [program, ...args] as const;
  try {
    report.programExitCode = line.flag("stdio")
      ? await runOverStdio(command, transports, options)
      : await runWithSocket(command, transports, options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EACCES") throw error;
    // As a shell counts them.
    report.programExitCode = code === "ENOENT" ? 127 : 126;
    const why = code === "ENOENT" ? "there is no program" : "this is no program that can be run:";
    report.failed(new TransportError("not-found", `${why} ${JSON.stringify(program)}`, { cause: error }));
  }
}

type Command = readonly [program: string, ...args: string[]];

async function runWithSocket(
  command: Command,
  transports: readonly Transport[],
  options: LendOptions,
): Promise<number> {
  await using lending = await lendToPrograms(transports, options);
  return await new ProgramRun(command, programEnvironment(lending.env), "inherit").ended();
}

async function runOverStdio(command: Command, transports: readonly Transport[], options: LendOptions): Promise<number> {
  const run = new ProgramRun(command, programEnvironment({ SAMEWIRE_LENT: "stdio" }), "pipe");
  const { stdin: writable, stdout: readable } = run.child;
  if (readable === null || writable === null) return await run.ended();
  await using _lending = lendOver(transports, { readable, writable }, options);
  return await run.ended();
}
