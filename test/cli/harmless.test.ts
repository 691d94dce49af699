import { spawn } from "node:child_process";
import { once } from "node:events";
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
  writeFileSync,
} from "node:fs";

import { beforeEach, describe, expect, it } from "vitest";

import type { Outcome } from "./built-command.ts";
import { commandOfFile } from "./command-of-file.ts";

const command = await commandOfFile();

const run = (...args: string[]): Promise<Outcome> => command.run(args);
const read = (path: string): string => readFileSync(command.file(path), "utf8");
const write = (path: string, content: string): void => {
  mkdirSync(command.file(`${path}/..`), { recursive: true });
  writeFileSync(command.file(path), content);
};

describe("two sources of one name", () => {
  beforeEach(() => {
    write("one/f", "1");
    write("two/f", "2");
    mkdirSync(command.file("t"));
  });

  it("are not copied over one another: the first one is kept, and the second reported", async () => {
    const { code, stderr } = await run("cp", "one/f", "two/f", "t");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^samewire: copy: another file goes to the same place: .*one\/f \(.*two\/f\) \[already-exists\]/,
    );
    expect(read("t/f")).toBe("1");
  });

  it("are not moved over one another: none of them is lost", async () => {
    expect(await run("mv", "one/f", "two/f", "t")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("[already-exists]") as string,
    });
    expect([read("t/f"), read("two/f")]).toEqual(["1", "2"]);
  });

  it("are one where they are the same", async () => {
    expect(await run("cp", "one/f", "./one/f", "t")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await run("mv", "two/f", "two/../two/f", "t")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(read("t/f")).toBe("2");
  });

  it("are added to one another where they are directories", async () => {
    write("one/d/x", "x");
    write("two/d/y", "y");
    expect(await run("cp", "-r", "one/d", "two/d", "t")).toMatchObject({ code: 0 });
    expect(readdirSync(command.file("t/d")).toSorted()).toEqual(["x", "y"]);
  });
});

it("rm -r deletes nothing that is written as . or ..", async () => {
  write("sub/in", "kept");
  const operands = [".", "..", "./", "sub/.", "sub/../", "../sub/.."];
  const { code, stderr } = await run("rm", "-r", ...operands);
  expect({ code, refused: stderr.match(/\[invalid-path\]/g)?.length }).toEqual({ code: 1, refused: operands.length });
  expect(read("sub/in")).toBe("kept");
});

it("a file that is written in place and is its own source by another name keeps its content", async () => {
  const content = "content ".repeat(100_000);
  write("real/f", content);
  symlinkSync("real", command.file("alias"));
  expect(await run("put", "--no-atomic", "real/f", "alias/f")).toMatchObject({ code: 0 });
  expect(read("real/f")).toBe(content);
});

it("a copy does not run in its owner's name because its source does, unless all bits are wanted", async () => {
  for (const [name, content] of Object.entries({ small: "s", large: "large ".repeat(100_000) })) {
    write(`from/${name}`, content);
    chmodSync(command.file(`from/${name}`), 0o4755);
  }
  for (const args of [
    ["cp", "from/large", "large"],
    ["cp", "-r", "from", "to"],
    ["sync", "from", "synced"],
  ])
    expect(await run(...args)).toMatchObject({ code: 0 });
  const modeOf = (path: string): string => (statSync(command.file(path)).mode & 0o7777).toString(8);
  const copies = ["large", "to/small", "to/large", "synced/small", "synced/large"];
  const allowed = (0o755 & ~process.umask()).toString(8);
  expect(Object.fromEntries(copies.map((path) => [path, modeOf(path)]))).toEqual(
    Object.fromEntries(copies.map((path) => [path, allowed])),
  );
  await run("cp", "-p", "from/large", "exact");
  expect(modeOf("exact")).toBe("4755");
});

it("sync --delete does not delete its own source", async () => {
  write("top/in/f", "1");
  const { code, stderr } = await run("sync", "--delete", "top/in", "top");
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("[invalid-path]") as string });
  expect(read("top/in/f")).toBe("1");
});

it("mv says which of two places is not there", async () => {
  write("f", "1");
  expect((await run("mv", "f", "none/f")).stderr).toMatch(
    /no directory to move it into \(.*none\/f\) \[not-found\]\. Make it with mkdir -p/,
  );
  expect((await run("mv", "none", "g")).stderr).toMatch(/\(.*\/none\) \[not-found\]/);
  expect(existsSync(command.file("g"))).toBe(false);
});

describe("help and version", () => {
  it("end quietly where nobody reads them", async () => {
    const child = spawn(process.execPath, [command.main, "--help"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (chunk) => (stderr += String(chunk)));
    const [code] = (await once(child, "close")) as [number];
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it.runIf(existsSync("/dev/full"))("say so where they cannot be written", async () => {
    const full = openSync("/dev/full", "w");
    try {
      const child = spawn(process.execPath, [command.main, "--version"], { stdio: ["ignore", full, "pipe"] });
      let stderr = "";
      child.stderr?.on("data", (chunk) => (stderr += String(chunk)));
      const [code] = (await once(child, "close")) as [number];
      expect({ code, stderr }).toEqual({ code: 1, stderr: "samewire: ENOSPC: no space left on device, write\n" });
    } finally {
      closeSync(full);
    }
  });
});
