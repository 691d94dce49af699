import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";

import { beforeEach, describe, expect, it } from "vitest";

import type { Outcome } from "./built-command.ts";
import { outcomeOf } from "./built-command.ts";
import { commandOfFile } from "./command-of-file.ts";

const command = await commandOfFile();

const run = (...args: string[]): Promise<Outcome> => command.run(args);
const write = (path: string, content: string): void => writeFileSync(command.file(path), content);
const read = (path: string): string => readFileSync(command.file(path), "utf8");

const hasFullDevice = existsSync("/dev/full");
const ifFullDevice = hasFullDevice ? "" : " (skipped: there is no /dev/full)";

/** A command that did what it was asked and said nothing about it. */
const silence: Outcome = { code: 0, stdout: "", stderr: "" };

describe("the command", () => {
  it("shows help, and its version", async () => {
    const help = await run("--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toMatch(/^Usage: samewire COMMAND/);
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(await run("--version")).toEqual({ code: 0, stdout: `samewire ${version}\n`, stderr: "" });
  });

  it("ends with 2 when it is not understood, in one line, or as JSON", async () => {
    expect(await run("lss")).toEqual({
      code: 2,
      stdout: "",
      stderr: 'samewire: there is no command "lss". Did you mean ls?\n',
    });
    const asJson = await run("lss", "--json");
    expect(asJson.code).toBe(2);
    expect(JSON.parse(asJson.stderr)).toEqual({
      error: { code: "usage", message: 'there is no command "lss"', hint: "Did you mean ls?" },
    });
    expect(await run("mkdir", "--mode", "rwx", "d")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("not octal"),
    });
    expect(await run("ls", "--log", "loud")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Write one of trace"),
    });
    expect(existsSync(command.file("d"))).toBe(false);
  });

  it("ends with 1 when something failed: one line with the place and the code", async () => {
    const { code, stderr } = await run("cat", "missing");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^samewire: get: .* \(file:\/\/.*\/missing\) \[not-found\][^\n]*\n$/);
  });

  it("tells a failure as JSON where that is asked for", async () => {
    const { code, stdout, stderr } = await run("stat", "--json", "missing");
    expect([code, stdout]).toEqual([1, "[]\n"]);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: "not-found", operation: "stat", url: expect.stringMatching(/\/missing$/) },
    });
  });

  it("ends with 1 for a location that is none, and does what the others say", async () => {
    write("a", "");
    for (const wrong of ["sftp://joe@example.com:port/a", "http://[::1/a", "sftp://example.com/%zz"]) {
      const { code, stdout, stderr } = await run("stat", wrong, "a");
      expect([code, stdout, stderr]).toEqual([
        1,
        expect.stringContaining("/a"),
        expect.stringMatching(/^[^\n]*\[invalid-(?:url|path)\][^\n]*\n$/),
      ]);
    }
    expect((await run("help", "exit-codes")).stdout).toMatch(/ 1 .*a LOCATION that is none/);
  });

  it("names the schemes there are when it is given another", async () => {
    const { code, stderr } = await run("ls", "gopher://example.com/");
    expect(code).toBe(1);
    expect(stderr).toMatch(/\[unsupported-scheme\]\. Registered are: .*sftp/);
  });
});

describe("ls", () => {
  beforeEach(() => {
    mkdirSync(command.file("d/sub"), { recursive: true });
    write("d/b", "four");
    write("d/.hidden", "");
    write("d/sub/x", "");
    symlinkSync("b", command.file("d/a-link"));
  });

  it("lists names in order, those with a dot only when asked", async () => {
    expect(await run("ls", "d")).toEqual({ code: 0, stdout: "a-link\nb\nsub\n", stderr: "" });
    expect((await run("ls", "-a", "d")).stdout).toBe(".hidden\na-link\nb\nsub\n");
    expect((await run("ls", "-aU", "d")).stdout.split("\n").toSorted()).toEqual(["", ".hidden", "a-link", "b", "sub"]);
  });

  it("lists the working directory when nothing is named", async () => {
    expect((await run("ls")).stdout).toBe("d\n");
  });

  it("-l shows what is known of each", async () => {
    chmodSync(command.file("d/b"), 0o4751);
    utimesSync(command.file("d/b"), 0, new Date(2020, 4, 6, 7, 8));
    const [link, file, directory] = (await run("ls", "-l", "d")).stdout.split("\n");
    expect(link).toMatch(/^lrwxrwxrwx .* a-link -> b$/);
    expect(file).toMatch(/^-rwsr-x--x \d+:\d+ +4 2020-05-06 07:08 b$/);
    expect(directory).toMatch(/^drwx.* sub$/);
  });

  it("-R lists everything below by its path, and goes into no hidden directory unasked", async () => {
    mkdirSync(command.file("d/.git"));
    write("d/.git/config", "");
    expect((await run("ls", "-R", "d")).stdout.trim().split("\n").toSorted()).toEqual(["a-link", "b", "sub", "sub/x"]);
    expect((await run("ls", "-Ra", "d")).stdout).toContain(".git/config\n");
  });

  it("--json gives an object a line", async () => {
    const lines = (await run("ls", "--json", "-R", "d")).stdout.trim().split("\n");
    const entries = lines.map((line) => JSON.parse(line) as { path: string });
    expect(entries).toHaveLength(4);
    const url = expect.stringMatching(/^file:\/\/.*\/d\/sub\/x$/) as string;
    expect(entries.find(({ path }) => path === "sub/x")).toMatchObject({
      name: "x",
      url,
      type: "file",
      sizeBytes: 0,
      mode: expect.stringMatching(/^0[0-7]{3}$/),
      mtime: expect.any(String),
    });
    expect(entries.find(({ path }) => path === "a-link")).toMatchObject({ type: "link", target: "b" });
  });

  it("lets a file, and a link that leads nowhere, stand for itself", async () => {
    symlinkSync("nowhere", command.file("dangling"));
    expect((await run("ls", "d/b")).stdout).toBe("b\n");
    expect((await run("ls", "-l", "dangling")).stdout).toMatch(/dangling -> nowhere\n$/);
  });

  it("goes on after a directory that is not there, and ends with 1", async () => {
    const { code, stdout, stderr } = await run("ls", "missing", "d/sub");
    expect(code).toBe(1);
    expect(stdout).toContain(`${command.file("d/sub")}:\nx\n`);
    expect(stderr).toMatch(/missing.*\[not-found\]/);
  });
});

describe("cat", () => {
  it("writes files one after another, stdin among them", async () => {
    write("a", "one\n");
    write("b", "three\n");
    expect(await command.run(["cat", "a", "-", "b"], { stdin: "two\n" })).toEqual({
      code: 0,
      stdout: "one\ntwo\nthree\n",
      stderr: "",
    });
  });

  it("writes a part", async () => {
    write("a", "0123456789");
    expect((await run("cat", "--offset", "3", "--length", "4", "a")).stdout).toBe("3456");
    expect((await run("cat", "--offset", "8", "a")).stdout).toBe("89");
  });

  it("goes on after a file that is not there", async () => {
    write("b", "b");
    expect(await run("cat", "missing", "b")).toMatchObject({ code: 1, stdout: "b" });
  });

  it("ends quietly when nobody reads any more", async () => {
    write("big", "x".repeat(4_000_000));
    const child = command.start(["cat", "big", "big", "big"]);
    await once(child.stdout as NodeJS.ReadableStream, "readable");
    child.stdout?.destroy();
    const stderr: Buffer[] = [];
    child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
    const [code] = (await once(child, "close")) as [number | null];
    expect([code, Buffer.concat(stderr).toString()]).toEqual([0, ""]);
  });

  it.runIf(hasFullDevice)(`says it in a line when stdout takes no more${ifFullDevice}`, async () => {
    write("big", "x".repeat(100_000));
    for (const args of [["cat", "big"], ["ls"], ["stat", "big"], ["du", "big"], ["rm", "-n", "big"]]) {
      const full = openSync("/dev/full", "w");
      const child = spawn(process.execPath, [command.main, ...args], {
        cwd: command.folder,
        stdio: ["ignore", full, "pipe"],
      });
      const { code, stderr } = await outcomeOf(child);
      closeSync(full);
      expect([args[0], code, stderr]).toEqual([
        args[0],
        1,
        expect.stringMatching(/^samewire: .*ENOSPC[^\n]*\[no-space\][^\n]*\n$/),
      ]);
    }
  });
});

describe("put", () => {
  it("writes stdin, or a file, and says nothing", async () => {
    expect(await command.run(["put", "a"], { stdin: "content" })).toEqual(silence);
    expect(read("a")).toBe("content");
    expect(await run("put", "a", "b")).toEqual(silence);
    expect(read("b")).toBe("content");
  });

  it("makes missing directories only when asked", async () => {
    expect(await command.run(["put", "x/y/z"], { stdin: "" })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("with -p"),
    });
    expect(await command.run(["put", "-p", "x/y/z"], { stdin: "here" })).toEqual(silence);
    expect(read("x/y/z")).toBe("here");
  });

  it("gives the file exactly the mode that was asked for", async () => {
    await command.run(["put", "--mode", "0606", "a"], { stdin: "" });
    expect(statSync(command.file("a")).mode & 0o7777).toBe(0o606);
  });

  it("reports what it wrote as one JSON document", async () => {
    const { stdout } = await command.run(["put", "--json", "--no-atomic", "a"], { stdin: "12345" });
    expect(JSON.parse(stdout)).toEqual([{ url: expect.stringMatching(/\/a$/), bytes: 5 }]);
  });

  it("does not take a directory for a file", async () => {
    mkdirSync(command.file("d"));
    expect(await command.run(["put", "d/"], { stdin: "" })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("is-a-directory"),
    });
    expect(await command.run(["put", "d"], { stdin: "" })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("is-a-directory"),
    });
  });
});

describe("mv, rm, mkdir, stat", () => {
  it("mv renames, and moves into directories", async () => {
    write("a", "a");
    mkdirSync(command.file("d"));
    expect(await run("mv", "a", "b")).toEqual(silence);
    expect(await run("mv", "b", "d")).toEqual(silence);
    expect(await run("mv", "d", "e")).toEqual(silence);
    expect(read("e/b")).toBe("a");
    expect(readdirSync(command.folder).toSorted()).toEqual([".home", "e"]);
  });

  it("rm deletes files, directories only with -r, links without what they lead to", async () => {
    mkdirSync(command.file("d/sub"), { recursive: true });
    write("kept", "");
    symlinkSync("../kept", command.file("d/link"));
    expect(await run("rm", "d")).toMatchObject({ code: 1, stderr: expect.stringContaining("with -r") });
    expect(await run("rm", "-r", "d")).toEqual(silence);
    expect(readdirSync(command.folder).toSorted()).toEqual([".home", "kept"]);
    expect(await run("rm", "kept")).toEqual(silence);
    expect(await run("rm", "kept")).toMatchObject({ code: 1, stderr: expect.stringContaining("not-found") });
    expect(await run("rm", "-f", "kept")).toEqual(silence);
  });

  it("rm refuses a root, whatever the options", async () => {
    // A store of the run's own: nothing would be lost if it did not refuse.
    expect(await run("rm", "-rf", "memory://store/")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("is not deleted"),
    });
  });

  it("mkdir makes one directory, with -p all of them", async () => {
    expect(await run("mkdir", "a/b")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/\[not-found\].* with -p/),
    });
    expect(await run("mkdir", "-p", "a/b")).toEqual(silence);
    expect(await run("mkdir", "a")).toMatchObject({ code: 1, stderr: expect.stringContaining("already-exists") });
    expect(JSON.parse((await run("mkdir", "-p", "--json", "a")).stdout)).toEqual([
      { url: expect.stringMatching(/\/a$/), made: false },
    ]);
    expect(await run("mkdir", "-m", "700", "c")).toEqual(silence);
    expect(statSync(command.file("c")).mode & 0o7777).toBe(0o700);
  });

  it("stat describes, a link as a link unless told to follow", async () => {
    write("a", "123");
    chmodSync(command.file("a"), 0o640);
    symlinkSync("a", command.file("link"));
    expect((await run("stat", "a")).stdout).toMatch(
      /file:.*\/a\n {2}type +file\n {2}size +3 bytes\n {2}mode +0640 -rw-r-----\n/,
    );
    expect((await run("stat", "link")).stdout).toMatch(/type +link\n +target +a\n/);
    const [file] = JSON.parse((await run("stat", "-L", "--json", "link")).stdout) as object[];
    expect(file).toMatchObject({ type: "file", sizeBytes: 3, mode: "0640" });
  });
});

describe("explain", () => {
  it("says whether two locations share a wire, and why, without connecting", async () => {
    expect(await run("explain", "sftp://joe@127.0.0.1:1/a", "joe@127.0.0.1:b")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^no: .*127\.0\.0\.1/),
    });
    expect(await run("explain", "sftp://joe@127.0.0.1:1/a", "readonly+sftp://joe@127.0.0.1:1/b")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^yes: /),
    });
    expect(await run("explain", "a", "b")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^no: .*no connection/),
    });
  });

  it("answers as one JSON object, and prints no password", async () => {
    const { stdout, stderr } = await run(
      "explain",
      "--json",
      "sftp://joe:secret-1@127.0.0.1:1/a",
      "sftp://joe:secret-2@127.0.0.1:1/b",
    );
    expect(JSON.parse(stdout)).toMatchObject({
      a: "sftp://joe@127.0.0.1:1/a",
      b: "sftp://joe@127.0.0.1:1/b",
      reuse: false,
      option: "password",
    });
    expect(JSON.parse(stderr)).toEqual({ warning: expect.stringContaining("password on the command line") });
    expect(stdout + stderr).not.toContain("secret");
  });
});
