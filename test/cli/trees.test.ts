import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";

import { beforeEach, describe, expect, it } from "vitest";

import type { Outcome } from "./built-command.ts";
import { commandOfFile } from "./command-of-file.ts";

const command = await commandOfFile();

const run = (...args: string[]): Promise<Outcome> => command.run(args);
const write = (path: string, content: string): void => writeFileSync(command.file(path), content);
const read = (path: string): string => readFileSync(command.file(path), "utf8");
const folder = (...paths: string[]): void => {
  for (const path of paths) mkdirSync(command.file(path), { recursive: true });
};
/** Everything below, files with what is in them. */
const below = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(command.file(path), { recursive: true, withFileTypes: true })
      .map((entry): [string, string] => {
        const at = `${entry.parentPath}/${entry.name}`.slice(command.file(path).length + 1);
        return [at, entry.isFile() ? read(`${path}/${at}`) : entry.isDirectory() ? "/" : "@"];
      })
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );

const silence: Outcome = { code: 0, stdout: "", stderr: "" };

describe("cp and get put things where people expect them", () => {
  beforeEach(() => {
    write("a", "a");
    write("b", "b");
    folder("s/sub");
    write("s/x", "x");
  });

  it.each<[title: string, before: () => void, args: string[], after: Record<string, string>]>([
    ["a file, nothing there", () => folder("t"), ["a", "t/new"], { new: "a" }],
    ["a file, a file", () => (folder("t"), write("t/old", "old")), ["a", "t/old"], { old: "a" }],
    ["a file, a directory", () => folder("t/d"), ["a", "t/d"], { d: "/", "d/a": "a" }],
    ["a file, a directory with a slash", () => folder("t/d"), ["a", "t/d/"], { d: "/", "d/a": "a" }],
    ["files, a directory", () => folder("t"), ["a", "b", "t"], { a: "a", b: "b" }],
    ["a directory, nothing there", () => folder("t"), ["-r", "s", "t/new"], { new: "/", "new/sub": "/", "new/x": "x" }],
    [
      "with a slash, nothing there",
      () => folder("t"),
      ["-r", "s/", "t/new"],
      { new: "/", "new/sub": "/", "new/x": "x" },
    ],
    ["a directory, a directory", () => folder("t"), ["-r", "s", "t"], { s: "/", "s/sub": "/", "s/x": "x" }],
    ["with a slash, a directory", () => folder("t"), ["-r", "s/", "t/"], { s: "/", "s/sub": "/", "s/x": "x" }],
    [
      "a directory, where there is one of its name",
      () => (folder("t/s"), write("t/s/kept", "kept")),
      ["-r", "s", "t"],
      { s: "/", "s/kept": "kept", "s/sub": "/", "s/x": "x" },
    ],
  ])("%s", async (_title, before, args, after) => {
    before();
    expect(await run("cp", ...args)).toEqual(silence);
    expect(below("t")).toEqual(after);
  });

  it.each<[title: string, before: () => void, args: string[], complaint: RegExp]>([
    ["a file, a directory that is not there", () => folder("t"), ["a", "t/d/"], /\[not-found\]/],
    [
      "files, something else than a directory",
      () => (folder("t"), write("t/f", "f")),
      ["a", "b", "t/f"],
      /\[not-a-dir/,
    ],
    ["a file, where a directory has its name", () => folder("t/a"), ["a", "t"], /\[is-a-directory\]/],
    ["a directory without -r", () => folder("t"), ["s", "t"], /\[is-a-directory\].*-r/],
    [
      "a directory, a file",
      () => (folder("t"), write("t/f", "f")),
      ["-r", "s", "t/f"],
      /\[already-exists\]|\[not-a-dir/,
    ],
  ])("refuses %s", async (_title, before, args, complaint) => {
    before();
    const there = below("t");
    expect(await run("cp", ...args)).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(complaint) });
    expect(below("t")).toEqual(there);
  });

  it("get writes under the same name here, into a directory, as a name, or to stdout", async () => {
    folder("here", "t");
    expect(await run("get", command.file("s/x"))).toEqual(silence);
    expect(await run("get", command.file("s/x"), "t")).toEqual(silence);
    expect(await run("get", command.file("s/x"), "t/y")).toEqual(silence);
    expect(await run("get", command.file("s/x"), "-")).toEqual({ ...silence, stdout: "x" });
    expect(await run("get", "-r", "s", "t/s")).toEqual(silence);
    expect(read("x")).toBe("x");
    expect(below("t")).toEqual({ s: "/", "s/sub": "/", "s/x": "x", x: "x", y: "x" });
  });

  it("--verify looks at what was written, also under another name", async () => {
    folder("t");
    expect(await run("cp", "--verify", "a", "t/new")).toEqual(silence);
    expect(await run("cp", "-r", "--verify", "a", "s", "t")).toEqual(silence);
    expect(below("t")).toEqual({ a: "a", new: "a", s: "/", "s/sub": "/", "s/x": "x" });
  });

  it("get takes no second location that is elsewhere: two files were meant", async () => {
    expect(await run("get", "a", "memory://store/b")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("not local"),
    });
  });

  it("many files of one directory go together, and one that is not there keeps none from it", async () => {
    folder("many", "t");
    const names = Array.from({ length: 200 }, (_, n) => `${n}`);
    for (const name of names) write(`many/${name}`, name);
    const outcome = await run("cp", "--json", ...names.map((name) => `many/${name}`), "missing", "a", "t");
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining("missing") });
    expect(JSON.parse(outcome.stdout)).toHaveLength(201);
    expect(readdirSync(command.file("t"))).toHaveLength(201);
    expect(read("t/137")).toBe("137");
    // The summary knows of what could not even be looked at.
    expect((await run("cp", "-v", "many/1", "missing", "t")).stderr).toMatch(/\n1 file, 1 B in .*; 1 failed\n$/);
  });
});

describe("patterns", () => {
  beforeEach(() => {
    folder("tree/src", "tree/build/src", "tree/.git");
    for (const path of ["a.log", "a.txt", "src/b.log", "src/b.txt", "build/src/c.txt", ".git/config"])
      write(`tree/${path}`, path);
  });

  it.each<[args: string[], files: string[]]>([
    [
      ["--include", "*.log"],
      ["a.log", "src/b.log"],
    ],
    [
      ["--exclude", "*.log", "--exclude", "/build"],
      [".git/config", "a.txt", "src/b.txt"],
    ],
    [["--include", "src/*", "--exclude", "*.log"], ["src/b.txt"]],
    [
      ["--exclude=src/", "--exclude=.git"],
      ["a.log", "a.txt"],
    ],
  ])("%j choose for cp, get, sync, ls -R, tree, du and diff alike", async (args, files) => {
    const regular = (tree: Record<string, string>): string[] => Object.keys(tree).filter((path) => tree[path] !== "/");
    await run("cp", "-r", ...args, "tree", "copied");
    await run("get", "-r", ...args, "tree", "got");
    await run("sync", "-q", ...args, "tree", "synced");
    for (const copy of ["copied", "got", "synced"]) expect(regular(below(copy)), copy).toEqual(files);
    const listed = (await run("ls", "-Ra", "--json", ...args, "tree")).stdout.trim().split("\n");
    const entries = listed.map((line) => JSON.parse(line) as { type: string; path: string });
    expect(
      entries
        .filter(({ type }) => type === "file")
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(files);
    expect((await run("tree", "-a", ...args, "tree")).stdout).toContain(`${files.length} file`);
    expect((await run("du", "-s", ...args, "tree")).stdout.split("\t")[0]).toBe(String(files.join("").length));
    expect((await run("diff", ...args, "tree", "nothing")).stdout).toContain(`${files.length} to copy`);
  });

  it("choose names in a plain ls, too", async () => {
    expect((await run("ls", "--include", "*.log", "tree")).stdout).toBe("a.log\nbuild\nsrc\n");
  });

  it("that mean nothing are a mistake in the command line", async () => {
    expect(await run("ls", "--include", "/", "tree")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("patterns"),
    });
  });
});

describe("tree", () => {
  beforeEach(() => {
    folder("d/b/deep", "d/empty");
    write("d/a", "12345");
    write("d/.hidden", "");
    write("d/b/x", "1234567890");
    write("d/b/deep/y", "");
    symlinkSync("a", command.file("d/link"));
  });

  it("draws what is below, in order", async () => {
    expect((await run("tree", "d")).stdout).toBe(
      [
        command.file("d"),
        "├── a",
        "├── b/",
        "│   ├── deep/",
        "│   │   └── y",
        "│   └── x",
        "├── empty/",
        "└── link@",
        "",
        "3 directories, 4 files",
        "",
      ].join("\n"),
    );
  });

  it("has sizes, a depth, hidden names, and JSON", async () => {
    expect((await run("tree", "-s", "d")).stdout).toMatch(/├── a {2}\(5\)\n.*x {2}\(10\)\n.*, 15 bytes\n$/s);
    expect((await run("tree", "-h", "d")).stdout).toContain("x  (10 B)");
    expect((await run("tree", "-a", "-d", "1", "d")).stdout.split("\n").slice(1, -3)).toEqual([
      "├── .hidden",
      "├── a",
      "├── b/",
      "├── empty/",
      "└── link@",
    ]);
    const lines = (await run("tree", "--json", "d")).stdout.trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { path: string }).path)).toEqual([
      "a",
      "b",
      "b/deep",
      "b/deep/y",
      "b/x",
      "empty",
      "link",
    ]);
  });

  it("lets a file stand for itself, and says what is not there", async () => {
    expect(await run("tree", "d/a")).toEqual({ ...silence, stdout: `${command.file("d/a")}\n` });
    expect(await run("tree", "missing")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("not-found"),
    });
  });
});

describe("du", () => {
  beforeEach(() => {
    folder("d/b/deep", "d/c");
    write("d/a", "1".repeat(1000));
    write("d/b/x", "1".repeat(500));
    write("d/b/deep/y", "1".repeat(48));
    symlinkSync("a", command.file("d/link"));
  });

  it("sums up each directory, what is in it first", async () => {
    const at = (path: string): string => command.file(path);
    expect((await run("du", "d")).stdout).toBe(
      `48\t${at("d/b/deep")}\n548\t${at("d/b")}\n0\t${at("d/c")}\n1548\t${at("d")}\n`,
    );
    expect((await run("du", "-h", "-d", "1", "d")).stdout).toBe(
      `548 B\t${at("d/b")}\n0 B\t${at("d/c")}\n1.5 KiB\t${at("d")}\n`,
    );
    expect((await run("du", "-s", "d/b", "d/a")).stdout).toBe(`548\t${at("d/b")}\n1000\t${at("d/a")}\n`);
    expect(JSON.parse((await run("du", "-s", "--json", "d")).stdout)).toMatchObject({ bytes: 1548, files: 3 });
  });
});

describe("sync and diff", () => {
  beforeEach(() => {
    folder("a/sub");
    write("a/x", "x");
    write("a/sub/y", "y");
  });

  it("make the target the same, say what it came to, and then find nothing to do", async () => {
    const { code, stdout, stderr } = await run("sync", "a", "b");
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toMatch(/^2 files, 2 B in \d.* B\/s\n$/);
    expect(below("b")).toEqual(below("a"));
    expect(await run("sync", "a/", "b/")).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^0 files, .*; 2 unchanged\n$/),
    });
    expect(await run("diff", "a", "b")).toMatchObject({ code: 0, stderr: "" });
    expect(await run("sync", "-q", "a", "b")).toEqual(silence);
  });

  it("delete only where that is asked for", async () => {
    folder("b/gone");
    write("b/gone/z", "z");
    await run("sync", "a", "b");
    expect(read("b/gone/z")).toBe("z");
    expect(await run("sync", "--delete", "a", "b")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("2 deleted"),
    });
    expect(below("b")).toEqual(below("a"));
  });

  it("print a plan with --dry-run and change nothing", async () => {
    folder("b");
    write("b/old", "old");
    const { code, stdout, stderr } = await run("sync", "-n", "--delete", "a", "b");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.split("\n")).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^make +sub\/$/),
        expect.stringMatching(/^copy +sub\/y \(new, 1 bytes\)$/),
        expect.stringMatching(/^delete old \(gone\)$/),
      ]),
    );
    expect(below("b")).toEqual({ old: "old" });
    const [asJson] = JSON.parse((await run("sync", "-n", "--json", "a", "b")).stdout) as [{ actions: object[] }];
    expect(asJson.actions).toContainEqual(expect.objectContaining({ action: "copy", path: "x", why: "new" }));
  });

  it("compare by time, by size alone, or by content", async () => {
    await run("sync", "-q", "a", "b");
    write("b/x", "X");
    utimesSync(command.file("b/x"), new Date(), new Date(0));
    expect((await run("diff", "a", "b")).code).toBe(1);
    expect((await run("diff", "--size-only", "a", "b")).stdout).not.toMatch(/^copy/m);
    expect((await run("diff", "--checksum", "a", "b")).stdout).toMatch(/^copy +x \(content/m);
    expect(await run("diff", "-q", "--checksum", "a", "b")).toEqual({ ...silence, code: 1 });
    expect(await run("diff", "--checksum", "--size-only", "a", "b")).toMatchObject({ code: 2 });
  });

  it("end with 2 from diff, and with 1 from sync, when the source is not there", async () => {
    expect(await run("diff", "missing", "a")).toMatchObject({ code: 2, stderr: expect.stringContaining("not-found") });
    expect(await run("sync", "missing", "a")).toMatchObject({ code: 1, stderr: expect.stringContaining("not-found") });
    expect(existsSync(command.file("missing"))).toBe(false);
  });

  it("are for directories, and say so of files", async () => {
    const complaint = { stderr: expect.stringMatching(/\[not-a-directory\]\. .*with cp/) as string };
    expect(await run("sync", "a/x", "b")).toMatchObject({ code: 1, ...complaint });
    expect(await run("diff", "a/x", "a/sub/y")).toMatchObject({ code: 2, ...complaint });
  });

  it("name each thing with --verbose, and everything as JSON", async () => {
    const { stderr } = await run("sync", "-v", "a", "b");
    expect(stderr.split("\n")).toEqual(
      expect.arrayContaining([`mkdir ${command.file("b/sub")}`, `copy ${command.file("b/x")}`]),
    );
    write("a/x", "longer");
    const asJson = await run("sync", "-v", "--json", "a", "b");
    expect(
      asJson.stderr
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).toContainEqual({
      done: { action: "copy", url: expect.stringMatching(/\/b\/x$/), bytes: 6 },
    });
    expect(JSON.parse(asJson.stdout)).toMatchObject([{ files: 1, bytes: 6, unchanged: 1, deleted: 0, failed: 0 }]);
  });
});

describe("--dry-run", () => {
  it("shows what cp, get, put, mv and rm would do, and does none of it", async () => {
    folder("tree/sub", "t");
    write("tree/x", "x");
    write("a", "a");
    const before = below("");
    const at = (path: string): string => command.file(path);
    expect((await run("cp", "-rn", "tree", "new")).stdout.trim().split("\n").toSorted()).toEqual(
      [`copy ${at("new/x")}`, `mkdir ${at("new")}`, `mkdir ${at("new/sub")}`].toSorted(),
    );
    expect((await run("get", "-n", "tree/x", "t")).stdout).toBe(`copy ${at("t/x")}\n`);
    expect((await run("put", "-n", "a", "b")).stdout).toBe(`copy ${at("b")}\n`);
    expect((await command.run(["put", "-n", "b"], { stdin: "never read" })).stdout).toBe(`copy ${at("b")}\n`);
    expect((await run("mv", "-n", "a", "t")).stdout).toBe(`move ${at("a")} -> ${at("t/a")}\n`);
    expect((await run("rm", "-rn", "tree")).stdout).toBe(`delete ${at("tree")}\n`);
    expect(await run("rm", "-n", "missing")).toMatchObject({ code: 1 });
    expect(JSON.parse((await run("cp", "-rn", "--json", "tree", "new")).stdout)).toMatchObject([
      { plan: expect.arrayContaining([{ action: "copy", url: expect.stringMatching(/new\/x$/), bytes: 1 }]) },
    ]);
    expect(below("")).toEqual(before);
  });
});

describe("--quiet", () => {
  it("says nothing but what went wrong", async () => {
    const warned = ["explain", "sftp://joe:secret@127.0.0.1:1/a", "sftp://joe@127.0.0.1:1/b"];
    expect((await run(...warned)).stderr).toContain("password");
    expect((await run("-q", ...warned)).stderr).toBe("");
    expect(await run("cat", "-q", "missing")).toMatchObject({ code: 1, stderr: expect.stringContaining("not-found") });
  });
});
