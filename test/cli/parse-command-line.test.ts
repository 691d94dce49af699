import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import type { CommandLine } from "../../src/cli/command-line.ts";
import { commandNames, commands } from "../../src/cli/command-table.ts";
import { helpFor } from "../../src/cli/help.ts";
import type { OptionRow } from "../../src/cli/option-table.ts";
import { lettersOf } from "../../src/cli/option-table.ts";
import { optionsOf } from "../../src/cli/options-of.ts";
import { parseCommandLine } from "../../src/cli/parse-command-line.ts";
import { topicNames } from "../../src/cli/topics.ts";
import { UsageError } from "../../src/cli/usage-error.ts";

function lineOf(...args: string[]): CommandLine {
  const request = parseCommandLine(args);
  if (request.kind !== "run") throw new Error(`a request for ${request.kind}`);
  return request.line;
}

function complaintAbout(...args: string[]): string {
  try {
    lineOf(...args);
  } catch (error) {
    if (error instanceof UsageError) return `${error.message}. ${error.hint}`;
    throw error;
  }
  throw new Error("no complaint");
}

describe("a command line", () => {
  it("has its options anywhere, before the command too", () => {
    const line = lineOf("--json", "-i", "key", "cp", "-r", "a", "--mode", "600", "b", "-i", "other");
    expect(line.command).toBe("cp");
    expect(line.operands).toEqual(["a", "b"]);
    expect([line.flag("json"), line.flag("recursive"), line.flag("preserve")]).toEqual([true, true, false]);
    expect(line.values("identity")).toEqual(["key", "other"]);
    expect(line.mode()).toBe(0o600);
  });

  it("takes letters together, values after = or stuck to their letter, and either letter of an option that has two", () => {
    expect(lineOf("ls", "-lRa").flag("recursive")).toBe(true);
    expect(lineOf("rm", "-Rf", "a").flag("recursive")).toBe(true);
    expect(lineOf("rm", "-rf", "a").flag("force")).toBe(true);
    expect(lineOf("ls", "--jump=joe@gate", "-Fnone").value("jump")).toBe("joe@gate");
    expect(lineOf("ls", "--jump=joe@gate", "-Fnone").value("ssh-config")).toBe("none");
  });

  it("means by one letter what each command means by it", () => {
    expect(lineOf("mkdir", "-p", "a").flag("parents")).toBe(true);
    expect(lineOf("cp", "-p", "a", "b").flag("preserve")).toBe(true);
  });

  it("gives a letter to one option of a command, its own before those of every command", () => {
    expect(lineOf("du", "-h").flag("human")).toBe(true);
    expect(lineOf("ls", "-lh").flag("human")).toBe(true);
    expect(parseCommandLine(["cp", "-h"]).kind).toBe("help");
    for (const name of commandNames) {
      const letters = Object.values(optionsOf(name)).flatMap(lettersOf);
      expect(new Set(letters).size, name).toBe(letters.length);
    }
  });

  it("has letters and names that always take a value, or never: what stands before the command can be read", () => {
    const takesValue = new Map<string, boolean>();
    for (const name of commandNames) {
      for (const [option, row] of Object.entries(optionsOf(name)) as [string, OptionRow][]) {
        const takes = row.value !== undefined;
        for (const spelling of [option, ...lettersOf(row)]) {
          expect(takesValue.get(spelling) ?? takes, `${name} ${spelling}`).toBe(takes);
          takesValue.set(spelling, takes);
        }
      }
    }
  });

  it("repeats patterns, and counts connections and levels", () => {
    const line = lineOf("tree", "--exclude", "a", "--connections", "4", "-d2", "--exclude=b", "x");
    expect(line.values("exclude")).toEqual(["a", "b"]);
    expect([line.count("connections"), line.count("depth")]).toEqual([4, 2]);
  });

  it("takes what is behind -- for a program where the command runs one", () => {
    const line = lineOf("lend", "--readonly", "a", "b", "--", "ls", "-l", "--", "x");
    expect([line.operands, line.program]).toEqual([
      ["a", "b"],
      ["ls", "-l", "--", "x"],
    ]);
    expect(line.flag("readonly")).toBe(true);
    expect(lineOf("rm", "--", "-a").program).toEqual([]);
    expect(complaintAbout("lend", "a", "ls")).toMatch(
      /^there is no program behind --. Usage: samewire lend LOCATION… -- PROGRAM/,
    );
    expect(complaintAbout("lend", "--", "ls")).toMatch(/^too few locations/);
  });

  it("takes everything behind -- as locations, and - as one", () => {
    expect(lineOf("rm", "--", "-rf").operands).toEqual(["-rf"]);
    expect(lineOf("cp", "-", "target").operands).toEqual(["-", "target"]);
  });

  it("counts bytes and seconds", () => {
    const line = lineOf("cat", "--offset", "10", "--length", "0", "--timeout", "0.5", "a");
    expect([line.bytes("offset"), line.bytes("length"), line.timeoutMs()]).toEqual([10, 0, 500]);
  });

  it.each([
    [["lss"], /no command "lss"\. Did you mean ls\?/],
    [["exlpain", "a", "b"], /Did you mean explain\?/],
    [["frobnicate"], /no command "frobnicate"\. samewire --help/],
    [["cp", "--recursiv", "a", "b"], /no option --recursiv\. Did you mean --recursive\?/],
    [["ls", "-x"], /samewire ls has no option -x/],
    [["ls", "--mode", "600"], /samewire ls has no option --mode/],
    [["ls", "--json=yes"], /--json takes no value/],
    [["cat", "a", "--offset"], /--offset needs a value: BYTES/],
    [["cp", "a"], /too few locations\. Usage: samewire cp SOURCE… TARGET/],
    [["explain", "a", "b", "c"], /too many locations/],
    [["completion", "tcsh"], /takes one of bash, zsh, fish/],
    [["completion"], /too few words/],
    [["ls", "--connections"], /--connections needs a value: N/],
    [["help", "location"], /Did you mean locations\?/],
    [[], /no command was given/],
  ])("%j is a mistake, and the way out is told", (args, complaint) => {
    expect(complaintAbout(...args)).toMatch(complaint);
  });

  it("does not repeat what may be a location with a password in it", () => {
    expect(complaintAbout("sftp://joe:secret@example.com/")).not.toContain("secret");
  });

  it.each([
    [() => lineOf("mkdir", "--mode", "rwx", "a").mode(), /not octal/],
    [() => lineOf("mkdir", "--mode", "888", "a").mode(), /not octal/],
    [() => lineOf("cat", "--offset", "-1", "a").bytes("offset"), /not a number of bytes/],
    [() => lineOf("ls", "--timeout", "soon").timeoutMs(), /not a number of seconds/],
    [() => lineOf("ls", "--timeout", "0").timeoutMs(), /not a number of seconds/],
    [() => lineOf("ls", "--connections", "0").count("connections"), /not a whole number from 1/],
    [() => lineOf("du", "--depth", "1.5").count("depth"), /not a whole number from 1/],
  ])("refuses a value that makes no sense: %s", (read, complaint) => {
    expect(read).toThrow(complaint);
    expect(read).toThrow(UsageError);
  });
});

describe("docs/command.md", () => {
  const text = readFileSync(new URL("../../docs/command.md", import.meta.url), "utf8");

  it("has a chapter on every command", () => {
    for (const name of commandNames) expect(text).toContain(`\n### ${name}\n`);
  });

  it("shows command lines that can be read", () => {
    const blocks = [...text.matchAll(/```(?:sh)?\n(.*?)```/gs)].map(([, block]) => block as string);
    const lines = blocks.flatMap((block) => [...block.matchAll(/^(?:\$ |.*[|(] ?)?samewire (.*)$/gm)]);
    expect(lines.length).toBeGreaterThan(25);
    for (const [shown, rest = ""] of lines) {
      if (rest.startsWith("COMMAND")) continue;
      const [words = ""] = rest.split(/ [|<>#]|\)/);
      expect(parseCommandLine(words.trim().split(/\s+/)).kind, shown).toMatch(/^(?:run|help)$/);
    }
  });
});

describe("help", () => {
  it("is asked for in three ways", () => {
    expect(parseCommandLine(["--help"])).toEqual({ kind: "help", page: undefined });
    expect(parseCommandLine(["help"])).toEqual({ kind: "help", page: undefined });
    expect(parseCommandLine(["cp", "-h"])).toEqual({ kind: "help", page: "cp" });
    expect(parseCommandLine(["help", "cp"])).toEqual({ kind: "help", page: "cp" });
    expect(parseCommandLine(["help", "exit-codes"])).toEqual({ kind: "help", page: "exit-codes" });
    expect(parseCommandLine(["--version"])).toEqual({ kind: "version" });
  });

  it("names every command, and every option of each", () => {
    for (const name of commandNames) {
      expect(helpFor(undefined)).toContain(`  ${name} `);
      for (const option of Object.keys(optionsOf(name))) {
        expect(helpFor(name), name).toContain(`--${option}`);
      }
    }
  });

  it("names every topic, and has a page for each", () => {
    for (const name of topicNames) {
      expect(helpFor(undefined)).toContain(`  ${name} `);
      expect(helpFor(name).length).toBeGreaterThan(200);
    }
    expect(helpFor("locations")).toMatch(/quote.*Passwords.*percent-encoded/s);
  });

  it("gives examples that can be read", () => {
    for (const name of commandNames) {
      for (const example of commands[name].examples) {
        const [, words = ""] = /samewire ([^|)]*)/.exec(example) ?? [];
        expect(lineOf(...words.trim().split(" ")).command, example).toBe(name);
      }
    }
  });
});
