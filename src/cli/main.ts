#!/usr/bin/env node
import { helpFor } from "./help.ts";
import type { Request } from "./parse-command-line.ts";
import { parseCommandLine } from "./parse-command-line.ts";
import { UsageError } from "./usage-error.ts";

process.exitCode = await main(process.argv.slice(2));

/** The library is loaded once there is something to do with it, so that help and complaints come at once. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const request = parseCommandLine(args);
    const command = request.kind === "run" ? request.line.command : "completion";
    if (request.kind === "run" && command !== "completion") {
      const { runCommand } = await import("./run-command.ts");
      return await runCommand(command, request.line);
    }
    return await print(await textFor(request));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { message, hint } = error;
    process.stderr.on("error", () => undefined); // Where nobody reads the messages there is nobody to tell.
    const asJson = args.includes("--json");
    process.stderr.write(
      asJson ? `${JSON.stringify({ error: { code: "usage", message, hint } })}\n` : `samewire: ${message}. ${hint}\n`,
    );
    return 2;
  }
}

/** Answers with the exit code: where nobody reads on, what was wanted was read. */
async function print(text: string): Promise<number> {
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
    process.stdout.on("error", resolve);
    process.stdout.write(text, resolve);
  });
  if (!error || error.code === "EPIPE") return 0;
  process.stderr.write(`samewire: ${error.message}\n`);
  return 1;
}

async function textFor(request: Request): Promise<string> {
  switch (request.kind) {
    case "run":
      return (await import("./completion/script.ts")).completionScript(request.line.operands[0] as string);
    case "help":
      return helpFor(request.page);
    case "man-page":
      return (await import("./man-page.ts")).manPage(await version());
    case "version":
      return `samewire ${await version()}\n`;
  }
}

async function version(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  };
  return manifest.version;
}
