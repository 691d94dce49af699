import { describe, expect, it } from "vitest";

import type { CommandLine } from "../../src/cli/command-line.ts";
import { commandNames, commands, commonOptions } from "../../src/cli/command-table.ts";
import { helpFor } from "../../src/cli/help.ts";
import { parseCommandLine } from "../../src/cli/parse-command-line.ts";
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
  ])("refuses a value that makes no sense: %s", (read, complaint) => {
    expect(read).toThrow(complaint);
    expect(read).toThrow(UsageError);
  });
});

describe("help", () => {
  it("is asked for in three ways", () => {
    expect(parseCommandLine(["--help"])).toEqual({ kind: "help", command: undefined });
    expect(parseCommandLine(["help"])).toEqual({ kind: "help", command: undefined });
    expect(parseCommandLine(["cp", "-h"])).toEqual({ kind: "help", command: "cp" });
    expect(parseCommandLine(["help", "cp"])).toEqual({ kind: "help", command: "cp" });
    expect(parseCommandLine(["--version"])).toEqual({ kind: "version" });
  });

  it("names every command, and every option of each", () => {
    for (const name of commandNames) {
      expect(helpFor(undefined)).toContain(`  ${name} `);
      for (const option of Object.keys({ ...commands[name].options, ...commonOptions })) {
        expect(helpFor(name), name).toContain(`--${option}`);
      }
    }
  });

  it("gives examples that can be read", () => {
    for (const name of commandNames) {
      for (const example of commands[name].examples) {
        const [, words = ""] = /samewire ([^|]*)/.exec(example) ?? [];
        expect(lineOf(...words.trim().split(" ")).command, example).toBe(name);
      }
    }
  });
});
