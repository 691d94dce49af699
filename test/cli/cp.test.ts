import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

import { describe, expect, it } from "vitest";

import type { Outcome } from "./built-command.ts";
import { commandOfFile } from "./command-of-file.ts";

const command = await commandOfFile();

const run = (...args: string[]): Promise<Outcome> => command.run(args);
const write = (path: string, content: string): void => writeFileSync(command.file(path), content);
const read = (path: string): string => readFileSync(command.file(path), "utf8");

const anyBytesInNames = process.platform === "linux";
const ifAnyBytes = anyBytesInNames ? "" : " (skipped: names are always UTF-8 here)";

/** A command that did what it was asked and said nothing about it. */
const silence: Outcome = { code: 0, stdout: "", stderr: "" };

describe("cp", () => {
  it("copies as the target, or into it where it is a directory", async () => {
    write("a", "a");
    write("b", "b");
    mkdirSync(command.file("d"));
    expect(await run("cp", "a", "copy")).toEqual(silence);
    expect(await run("cp", "a", "b", "d")).toEqual(silence);
    expect([read("copy"), read("d/a"), read("d/b")]).toEqual(["a", "a", "b"]);
  });

  it("does not copy several files onto one another", async () => {
    write("a", "a");
    write("b", "b");
    expect(await run("cp", "a", "b", "c")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no such directory.*mkdir -p/),
    });
    expect(await run("cp", "a", "b", "b")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("not-a-directory"),
    });
    expect(await run("cp", "a", "c/")).toMatchObject({ code: 1, stderr: expect.stringContaining("not-found") });
    expect([read("b"), existsSync(command.file("c"))]).toEqual(["b", false]);
  });

  it("does not destroy a file by copying it onto itself", async () => {
    write("a", "precious");
    expect(await run("cp", "--no-atomic", "a", "a")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("same file"),
    });
    expect(await run("cp", "a", "./a")).toMatchObject({ code: 1 });
    expect(read("a")).toBe("precious");
  });

  it("goes on after one of many that failed", async () => {
    write("b", "b");
    mkdirSync(command.file("d"));
    const { code, stderr } = await run("cp", "missing", "b", "d");
    expect([code, stderr.split("\n").length, read("d/b")]).toEqual([1, 2, "b"]);
  });

  it("keeps permission bits, with -p times too, and sets a mode", async () => {
    write("a", "");
    chmodSync(command.file("a"), 0o700);
    utimesSync(command.file("a"), 1_000, 1_000);
    await run("cp", "a", "plain");
    await run("cp", "-p", "a", "kept");
    await run("cp", "-m", "644", "a", "set");
    expect([..."plain kept set".split(" ")].map((name) => statSync(command.file(name)).mode & 0o7777)).toEqual([
      0o700, 0o700, 0o644,
    ]);
    expect(statSync(command.file("kept")).mtimeMs).toBe(1_000_000);
    expect(statSync(command.file("plain")).mtimeMs).toBeGreaterThan(1_000_000);
  });

  it("reads stdin and writes stdout as -", async () => {
    expect(await command.run(["cp", "-", "a"], { stdin: "in" })).toEqual(silence);
    expect(await run("cp", "a", "-")).toEqual({ code: 0, stdout: "in", stderr: "" });
  });

  it("copies directories only with -r: files, empty directories, links that stay inside", async () => {
    mkdirSync(command.file("tree/sub/empty"), { recursive: true });
    write("tree/x", "x");
    write("tree/sub/#y%20", "y");
    symlinkSync("../x", command.file("tree/sub/link"));
    expect(await run("cp", "tree", "copy")).toMatchObject({ code: 1, stderr: expect.stringContaining("with -r") });
    expect(await run("cp", "-r", "tree", "copy")).toEqual(silence);
    expect([read("copy/x"), read("copy/sub/#y%20")]).toEqual(["x", "y"]);
    expect(readlinkSync(command.file("copy/sub/link"))).toBe("../x");
    expect(readdirSync(command.file("copy/sub/empty"))).toEqual([]);
    expect(await run("cp", "-R", "tree", "copy")).toEqual(silence);
    expect(read("copy/tree/x")).toBe("x");
  });

  it("leaves out links that lead outside, says so, and copies the rest", async () => {
    mkdirSync(command.file("tree"));
    write("tree/x", "x");
    for (const [name, target] of Object.entries({
      absolute: "/etc/passwd",
      climbing: "../outside",
      devious: "sub/../../outside",
    }))
      symlinkSync(target, command.file(`tree/${name}`));
    const { code, stderr } = await run("cp", "-r", "tree", "copy");
    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(3);
    expect(readdirSync(command.file("copy"))).toEqual(["x"]);
  });

  it.runIf(anyBytesInNames)(
    `leaves out names that are not UTF-8, says so, and copies the rest${ifAnyBytes}`,
    async () => {
      mkdirSync(command.file("tree"));
      write("tree/x", "x");
      writeFileSync(Buffer.concat([Buffer.from(`${command.file("tree")}/bad`), Buffer.from([0xff])]), "");
      const { code, stdout, stderr } = await run("cp", "-r", "--json", "tree", "copy");
      expect([code, readdirSync(command.file("copy"))]).toEqual([1, ["x"]]);
      expect(JSON.parse(stderr)).toMatchObject({
        error: { code: "invalid-path", url: expect.stringMatching(/\/tree\/?$/) },
      });
      expect(JSON.parse(stdout)).toMatchObject([{ files: 1, failed: 1 }]);
    },
  );

  it.each([[["-r"]], [["-r", "--no-atomic"]]])(
    "writes nothing through links that are in the way: %j",
    async (options) => {
      mkdirSync(command.file("tree/sub"), { recursive: true });
      write("tree/sub/x", "new");
      write("tree/file", "new");
      mkdirSync(command.file("outside"));
      write("outside/file", "old");
      mkdirSync(command.file("target/tree"), { recursive: true });
      symlinkSync("../../outside", command.file("target/tree/sub"));
      symlinkSync("../../outside/file", command.file("target/tree/file"));
      const { code, stderr } = await run("cp", ...options, "tree", "target");
      expect([code, stderr]).toEqual([1, expect.stringMatching(/\/target\/tree\/sub\) .*in the way/)]);
      expect([readdirSync(command.file("outside")), read("outside/file")]).toEqual([["file"], "old"]);
      expect([read("target/tree/file"), lstatSync(command.file("target/tree/file")).isFile()]).toEqual(["new", true]);
    },
  );

  it("does not copy a directory into itself", async () => {
    mkdirSync(command.file("tree/sub"), { recursive: true });
    expect(await run("cp", "-r", "tree", "tree/sub/copy")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("into itself"),
    });
    expect(await run("cp", "-r", "tree", "tree-2")).toEqual(silence);
  });

  it("counts what it copied in its JSON", async () => {
    mkdirSync(command.file("tree/sub"), { recursive: true });
    write("tree/x", "123");
    const { stdout } = await run("cp", "-r", "--json", "tree", "copy");
    const [from, to] = ["tree", "copy"].map((name) => expect.stringMatching(new RegExp(`/${name}$`)) as string);
    expect(JSON.parse(stdout)).toEqual([{ from, to, files: 1, directories: 2, links: 0, bytes: 3, failed: 0 }]);
  });
});
