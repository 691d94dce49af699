import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { commandNames } from "../../src/cli/command-table.ts";
import { findProgram, hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { ProgramName } from "../servers/find-servers.ts";
import { BuiltCommand } from "./built-command.ts";

let command: BuiltCommand;

beforeAll(async () => {
  command = await BuiltCommand.build();
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout, stderr } = await command.run(["completion", shell]);
    expect([code, stderr]).toEqual([0, ""]);
    writeFileSync(command.file(shell), stdout);
  }
  mkdirSync(command.file("here/a folder"), { recursive: true });
  writeFileSync(command.file("here/a file"), "");
});

afterAll(() => {
  command.empty();
  command[Symbol.dispose]();
});

/** What a shell's own program says. */
async function ask(shell: ProgramName, args: readonly string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(findProgram(shell) as string, [...args], {
    cwd: command.folder,
    env: { ...command.env, TERM: "dumb" },
  });
  return stdout.split(/\r?\n/).filter((line) => line !== "");
}

describe.runIf(hasProgram("bash"))(titleNeeding("bash", "completion in bash"), () => {
  /** The words as bash splits them; the last one is completed. */
  const complete = (...words: string[]): Promise<string[]> => {
    const program = `source ./bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _samewire; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return ask("bash", ["--norc", "-c", program, "bash", "samewire", ...words]);
  };

  it("is what bash asks for samewire", async () => {
    expect(await ask("bash", ["--norc", "-c", "source ./bash; complete -p samewire"])).toEqual([
      "complete -F _samewire samewire",
    ]);
  });

  it("knows the commands, and the options of each, wherever options stand", async () => {
    expect(await complete("")).toEqual([...commandNames, "help"]);
    expect(await complete("s")).toEqual(["stat", "sync", "serve"]);
    expect(await complete("sync", "--d")).toEqual(["--dry-run", "--delete"]);
    expect(await complete("-i", "key", "--log", "=", "debug", "du", "--s")).toEqual(
      expect.arrayContaining(["--summarize", "--show-connections"]),
    );
    expect(await complete("ls", "--d")).toEqual([]);
  });

  it("knows what a value may be", async () => {
    expect(await complete("ls", "--log", "=", "de")).toEqual(["debug"]);
    expect(await complete("ls", "--log", "")).toEqual(["trace", "debug", "info", "warn", "error"]);
    expect(await complete("ls", "--timeout", "")).toEqual([]);
    expect(await complete("completion", "z")).toEqual(["zsh"]);
    expect(await complete("help", "ex")).toEqual(["explain", "exit-codes"]);
  });

  it("completes local files, and nothing behind a host", async () => {
    expect(await complete("ls", "here/a")).toEqual(["here/a folder", "here/a file"].toSorted());
    expect(await complete("cp", "--identity", "here/a fi")).toEqual(["here/a file"]);
    expect(await complete("ls", "example.com", ":", "here/a")).toEqual([]);
  });
});

describe.runIf(hasProgram("zsh"))(titleNeeding("zsh", "completion in zsh"), () => {
  /** Types into a zsh of its own, asks it for completions, and gives what it lists. */
  const program = `
    zmodload zsh/zpty
    zpty zsh zsh -f -i
    zpty -w zsh "PROMPT= ; unsetopt prompt_cr prompt_sp; autoload -U compinit; compinit -u -D; source ./zsh; zstyle ':completion:*' list-rows-first yes; LISTMAX=1000; print READY"
    zpty -r zsh output '*READY*READY*'
    zpty -w -n zsh "samewire $1"$'\\t\\t'
    zpty -r -t zsh output "*"
    integer tries=100
    while (( tries-- > 0 )); do
      sleep 0.1
      zpty -r -t zsh more && output+=$more || { [[ $output == *$2* ]] && break }
    done
    print -r -- "$output"
    zpty -d zsh
  `;
  const listing = async (typed: string, awaited: string): Promise<string> =>
    (await ask("zsh", ["-f", "-c", program, "zsh", typed, awaited])).join("\n");

  it("knows the commands and their options", async () => {
    expect(await listing("s", "make a directory the same")).toMatch(/stat.*describe files[^]*sync.*make a directory/);
    expect(await listing("sync --de", "--delete")).toContain("--delete");
    expect(await listing("completion z", "zsh")).toContain("samewire completion zsh");
  });
});

describe.runIf(hasProgram("fish"))(titleNeeding("fish", "completion in fish"), () => {
  const complete = async (line: string): Promise<string[]> =>
    (await ask("fish", ["--no-config", "-c", `source ./fish; complete -C '${line}'`])).map(
      (found) => found.split("\t")[0] as string,
    );

  it("knows the commands, their options and what a value may be", async () => {
    expect(await complete("samewire s")).toEqual(["serve", "stat", "sync"]);
    expect(await complete("samewire sync --d")).toEqual(["--delete", "--dry-run"]);
    expect(await complete("samewire --log de")).toEqual(["debug"]);
    expect(await complete("samewire completion z")).toEqual(["zsh"]);
    expect(await complete("samewire help ex")).toEqual(["exit-codes", "explain"]);
  });

  it("completes local files, and nothing behind a host", async () => {
    expect(await complete("samewire ls here/a")).toEqual(["here/a file", "here/a folder/"]);
    expect(await complete("samewire ls example.com:here/a")).toEqual([]);
  });
});
