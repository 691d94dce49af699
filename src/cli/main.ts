#!/usr/bin/env node
import { helpFor } from "./help.ts";
import { parseCommandLine } from "./parse-command-line.ts";
import { UsageError } from "./usage-error.ts";

process.exitCode = await main(process.argv.slice(2));

/** The library is loaded once there is something to do with it, so that help and complaints come at once. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const request = parseCommandLine(args);
    if (request.kind === "run") {
      const { runCommand } = await import("./run-command.ts");
      return await runCommand(request.line);
    }
    process.stdout.write(request.kind === "help" ? helpFor(request.command) : await version());
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { message, hint } = error;
    const asJson = args.includes("--json");
    process.stderr.write(
      asJson ? `${JSON.stringify({ error: { code: "usage", message, hint } })}\n` : `samewire: ${message}. ${hint}\n`,
    );
    return 2;
  }
}

async function version(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  };
  return `samewire ${manifest.version}\n`;
}
