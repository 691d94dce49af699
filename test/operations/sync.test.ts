import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Capabilities, Entry, Stat, SyncOptions, Transport, TreeDeed, TreeReport } from "samewire";
import { TransportError, applySync, getTransport, globs, planSync, sync } from "samewire";
import { TransportDecorator, tempName } from "samewire/extend";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { treeOf } from "./sync-sites.ts";

const old = new Date("2020-03-04T05:06:07Z");
let source: Transport;
let target: Transport;

beforeEach(() => {
  source = getTransport("memory:///");
  target = getTransport("memory:///");
});

async function write(transport: Transport, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files))
    await transport.put(path, content, { createParents: true, mtime: old });
}

function failuresOf({ failures }: Pick<TreeReport, "failures">): string[] {
  return failures.map(({ path, error }) => `${path}: ${error.code}`).toSorted();
}

/** What a decorator of a test's own does to a tree. */
abstract class Around extends TransportDecorator {
  readonly prefix = "around";
  readonly boundary = false;
  protected around(): TransportDecorator {
    throw new Error("a sync makes no other transport");
  }
}

class FailsToList extends Around {
  readonly #path: string;
  constructor(inner: Transport, path: string) {
    super(inner);
    this.#path = path;
  }
  override async *list(path = ""): AsyncGenerator<Entry> {
    yield* this.inner.list(path);
    // At its end: half of a listing is none.
    if (path === this.#path) throw new TransportError("permission-denied", "not for you");
  }
}

class FailsToGet extends Around {
  override getBytes(path: string): Promise<Buffer> {
    return path === "bad"
      ? Promise.reject(new TransportError("permission-denied", "not for you"))
      : this.inner.getBytes(path);
  }
}

class Lists extends Around {
  readonly #more: readonly string[];
  constructor(inner: Transport, more: readonly string[]) {
    super(inner);
    this.#more = more;
  }
  override async *list(path = ""): AsyncGenerator<Entry> {
    yield* this.inner.list(path);
    if (path !== "d") return;
    for (const name of this.#more) yield { name, path: `d/${name}`, stat: { type: "file", sizeBytes: 1 } };
  }
}

class Can extends Around {
  readonly #changed: Partial<Capabilities>;
  constructor(inner: Transport, changed: Partial<Capabilities>) {
    super(inner);
    this.#changed = changed;
  }
  override get capabilities(): Capabilities {
    return { ...this.inner.capabilities, ...this.#changed };
  }
}

class Undescribed extends Around {
  override async *list(path = ""): AsyncGenerator<Entry> {
    for await (const { name, path: at } of this.inner.list(path)) yield { name, path: at };
  }
  override stat(): Promise<Stat> {
    return Promise.reject(new TransportError("connection-failed", "gone for good"));
  }
}

it("a plan rejects where nobody can be asked any more what is in a directory", async () => {
  await write(source, { file: "1" });
  await expect(planSync(new Undescribed(source), target)).rejects.toMatchObject({ code: "connection-failed" });
});

describe("a sync deletes nothing", () => {
  const both = { "a/same": "1", "b/same": "1" };

  beforeEach(async () => {
    await write(source, { ...both, "a/new": "2" });
    await write(target, { ...both, "a/surplus": "3", "b/surplus": "3", "c/surplus": "3" });
  });

  it("where it was not asked to", async () => {
    expect(await sync(source, target)).toMatchObject({ files: 1, deleted: 0, unchanged: 2, failures: [] });
    expect(Object.keys(await treeOf(target))).toContain("c/surplus");
  });

  it("where some of the source could not be listed, and says so; what it knows of is copied", async () => {
    const report = await sync(new FailsToList(source, "b"), target, { delete: true });
    expect(failuresOf(report)).toEqual([": unexpected", "b: permission-denied"]);
    expect(report).toMatchObject({ files: 1, deleted: 0 });
    expect(Object.keys(await treeOf(target))).toEqual(
      expect.arrayContaining(["a/surplus", "b/surplus", "c/surplus", "a/new"]),
    );
  });

  it("below a directory of the target that could not be listed, and deletes the rest", async () => {
    const report = await sync(source, new FailsToList(target, "c"), { delete: true });
    expect(failuresOf(report)).toEqual(["c: permission-denied"]);
    expect(report).toMatchObject({ files: 1, deleted: 2 });
    expect(await treeOf(target)).toMatchObject({ "c/surplus": "3" });
    expect(Object.keys(await treeOf(target))).not.toContain("a/surplus");
  });

  it("where a file could not be copied, which might be what is missing", async () => {
    await write(source, { bad: "x" });
    const report = await sync(new FailsToGet(source), target, { delete: true });
    expect(failuresOf(report)).toEqual([": unexpected", "bad: permission-denied"]);
    expect(report).toMatchObject({ files: 1, deleted: 0 });
  });

  it("where the source lists names that cannot be ones, in the directory that has them", async () => {
    await write(source, { "d/same": "1" });
    await write(target, { "d/same": "1", "d/surplus": "3" });
    const report = await sync(new Lists(source, ["../up", "a/b"]), target, { delete: true });
    expect(failuresOf(report)).toEqual(["d: invalid-path", "d: invalid-path"]);
    expect(await treeOf(target)).toMatchObject({ "d/surplus": "3" });
    await sync(new Lists(source, ["../up"]), target, { delete: true, deleteExcluded: true });
    expect(await treeOf(target)).toMatchObject({ "d/surplus": "3" });
    expect(Object.keys(await treeOf(target))).not.toContain("c/surplus");
    expect(await target.has("up")).toBe(false);
  });

  it("that its filter refuses, nor the directories around it, but where it was asked to", async () => {
    await write(source, { "keep.log": "s" });
    await write(target, { "c/deep/keep.log": "t", "c/gone": "t", "keep.log": "t" });
    const options: SyncOptions = { delete: true, filter: globs({ exclude: "*.log" }) };
    const plan = await planSync(source, target, options);
    expect(plan.leftOut.map(({ path, why }) => `${path}: ${why}`)).toEqual([
      "c: something in it stays",
      "c/deep: something in it stays",
      "c/deep/keep.log: the filter protects it",
      "keep.log: the filter protects it",
    ]);
    expect(await applySync(plan, source, target, options)).toMatchObject({ failures: [] });
    expect(await treeOf(target)).toEqual({
      ...(await treeOf(source)),
      "c/": "",
      "c/deep/": "",
      "c/deep/keep.log": "t",
      "keep.log": "t",
    });
    expect(await sync(source, target, { ...options, deleteExcluded: true })).toMatchObject({ failures: [] });
    const { "keep.log": _excluded, ...wanted } = await treeOf(source);
    expect(await treeOf(target)).toEqual(wanted);
  });
});

describe("something of another kind in the way", () => {
  beforeEach(async () => {
    await write(source, { file: "f", "directory/in": "d", other: "o" });
    await source.symlink("file", "link");
    await write(target, { "file/in": "x", directory: "x", "link/in": "x", "link/more/in": "x" });
    await target.symlink("file", "other");
  });

  it("stays, and is reported, but a link, which a file replaces as it would any file", async () => {
    const report = await sync(source, target);
    expect(failuresOf(report)).toEqual(["directory: not-a-directory", "file: is-a-directory", "link: is-a-directory"]);
    expect(report.failures.every(({ error }) => error.hint?.includes("delete: true"))).toBe(true);
    expect(await treeOf(target)).toMatchObject({ "file/in": "x", directory: "x", "link/more/in": "x", other: "o" });
  });

  it("is replaced where a sync may delete", async () => {
    expect(await sync(source, target, { delete: true })).toMatchObject({ failures: [] });
    expect(await treeOf(target)).toEqual(await treeOf(source));
  });

  it("stays where not all of the source could be looked at, or the filter protects something in it", async () => {
    await write(source, { "unread/x": "x" });
    const unread = await sync(new FailsToList(source, "unread"), target, { delete: true });
    expect(failuresOf(unread)).toEqual([
      "directory: already-exists",
      "file: already-exists",
      "link: already-exists",
      "unread: permission-denied",
    ]);
    await write(target, { "link/more/keep.log": "t" });
    const report = await sync(source, target, { delete: true, filter: globs({ exclude: "*.log" }) });
    expect(failuresOf(report)).toEqual(["link: already-exists"]);
    expect(await treeOf(target)).toMatchObject({ "link/more/keep.log": "t", "link/in": "x", file: "f" });
  });
});

describe("a sync", () => {
  it("makes the target's base and what is missing above it", async () => {
    await write(source, { "a/b": "1" });
    expect(await sync(source, target.clone("x/y/z"))).toMatchObject({ files: 1, failures: [] });
    expect(await treeOf(target)).toMatchObject({ "x/y/z/a/b": "1" });
  });

  it("rejects where there is no source, where the target is a file, and where it is in the source", async () => {
    await write(source, { "a/b": "1" });
    await expect(sync(source.clone("nowhere"), target)).rejects.toMatchObject({ code: "not-found" });
    await expect(sync(source, source.clone("a"))).rejects.toMatchObject({ code: "invalid-path" });
    await expect(sync(source, source)).rejects.toMatchObject({ code: "invalid-path" });
    await write(target, { file: "x" });
    await expect(sync(source, target.clone("file"))).rejects.toMatchObject({ code: "not-a-directory" });
    expect(await treeOf(target)).toEqual({ file: "x" });
  });

  it("keeps modes and times, of directories too, and sets those that differ", async () => {
    await write(source, { "d/f": "1" });
    await source.setAttributes("d/f", { mode: 0o640 });
    await source.setAttributes("d", { mode: 0o750, mtime: old });
    await sync(source, target);
    for (const [path, mode] of Object.entries({ "d/f": 0o640, d: 0o750 }))
      expect(await target.stat(path)).toMatchObject({ mode, mtime: old });
    await target.setAttributes("d/f", { mode: 0o600 });
    await target.put("d/more", "x");
    const plan = await planSync(source, target, { delete: true });
    expect(plan.actions).toEqual([
      { action: "delete", path: "d/more", type: "file", why: "gone" },
      { action: "attributes", path: "d/f", type: "file", mode: 0o640 },
      { action: "attributes", path: "d", type: "directory", mtimeMs: old.getTime() },
    ]);
    await applySync(plan, source, target, { delete: true });
    expect(await target.stat("d/f")).toMatchObject({ mode: 0o640 });
    expect(await target.stat("d")).toMatchObject({ mtime: old });
  });

  it("sweeps what interrupted writes have left in the target, and does not copy it from the source", async () => {
    const [ours, theirs] = [tempName(), tempName()];
    await write(source, { "d/f": "1", [`d/${ours}`]: "half" });
    await write(target, { [`d/${theirs}`]: "half", ".tmp": "somebody else's" });
    const report = await sync(source, target);
    expect(report).toMatchObject({ deleted: 1, failures: [] });
    expect(await treeOf(target)).toEqual({ "d/": "", "d/f": "1", ".tmp": "somebody else's" });
    expect((await planSync(source, target)).leftOut).toMatchObject([{ path: `d/${ours}` }]);
  });

  it("reports links that lead outside, and all of them where the target has none", async () => {
    await write(source, { "d/f": "1" });
    for (const [path, text] of Object.entries({ ok: "d/f", "d/up": "../ok", out: "../x", far: "/etc/passwd" }))
      await source.symlink(text, path);
    expect(failuresOf(await sync(source, target))).toEqual(["far: unsupported", "out: unsupported"]);
    expect(await treeOf(target)).toEqual({ "d/": "", "d/f": "1", ok: "-> d/f", "d/up": "-> ../ok" });
    const without = new Can(getTransport("memory:///"), { symlinks: false });
    expect(failuresOf(await sync(source, without))).toEqual(
      ["d/up", "far", "ok", "out"].map((path) => `${path}: unsupported`),
    );
    await source.delete("ok");
    await source.symlink("d", "ok");
    expect(await sync(source, target)).toMatchObject({ links: 1, unchanged: 2 });
    expect(await target.readlink("ok")).toBe("d");
  });

  it("reports names that differ in case alone where the target has one for both, and never deletes that one", async () => {
    await write(source, { Name: "1", name: "2", "dir/x": "3" });
    await write(target, { "DIR/x": "3", NAME: "1" });
    const folding = new Can(target, { caseSensitive: false });
    const plan = await planSync(source, folding, { delete: true });
    expect(failuresOf(plan)).toEqual(["name: already-exists"]);
    expect(plan.actions.filter(({ action }) => action === "delete")).toEqual([]);
    expect(plan.unchanged).toBe(2);
  });

  it("reports names that the target cannot store", async () => {
    await write(source, { "bell\u0007": "1", fine: "2" });
    expect(failuresOf(await sync(source, new Can(target, { controlCharactersInNames: false })))).toEqual([
      "bell\u0007: invalid-path",
    ]);
    expect(await treeOf(target)).toEqual({ fine: "2" });
  });

  it("changes nothing with dryRun, and tells what it would do", async () => {
    await write(source, { "d/new": "12", "d/same": "1" });
    await write(target, { "d/same": "1", gone: "3" });
    const before = await treeOf(target);
    const deeds: TreeDeed[] = [];
    const options: SyncOptions = { delete: true, onDone: (deed) => deeds.push(deed) };
    const foretold = await sync(source, target, { ...options, dryRun: true });
    expect(await treeOf(target)).toEqual(before);
    const told = deeds.splice(0);
    expect(await sync(source, target, options)).toEqual(foretold);
    expect(told.toSorted(byPath)).toEqual(deeds.toSorted(byPath));
    expect(foretold).toMatchObject({ files: 1, bytes: 2, deleted: 1, unchanged: 1 });
  });

  it("goes on where it was interrupted when it is called again, and leaves no temporary", async () => {
    for (let file = 0; file < 60; file++) await write(source, { [`d${file % 6}/f${file}`]: `content ${file}` });
    for (const after of [1, 20, 40]) {
      const controller = new AbortController();
      let done = 0;
      const onDone = (): void => void (++done >= after && controller.abort());
      await expect(
        sync(source, target, { signal: controller.signal, onDone, limits: { maxFiles: 4 } }),
      ).rejects.toMatchObject({
        code: "aborted",
      });
    }
    const { files, unchanged, failures } = await sync(source, target);
    expect({ all: files + unchanged, failures }).toEqual({ all: 60, failures: [] });
    expect(unchanged).toBeGreaterThan(40);
    expect(await treeOf(target)).toEqual(await treeOf(source));
  });

  it("tells each failure as it happens", async () => {
    await write(source, { bad: "x", good: "y" });
    const told: string[] = [];
    const report = await sync(new FailsToGet(source), target, { onFailure: ({ path }) => told.push(path) });
    expect(told).toEqual(["bad"]);
    expect(failuresOf(report)).toEqual(["bad: permission-denied"]);
  });
});

function byPath(one: TreeDeed, other: TreeDeed): number {
  return one.path < other.path ? -1 : 1;
}

describe("a sync of local files", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "samewire-sync-"));
    for (const name of ["from", "to"]) mkdirSync(join(folder, name));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("reports what is no file, follows no link in the target, and keeps times", async () => {
    const [from, to] = [join(folder, "from"), join(folder, "to")];
    writeFileSync(join(from, "f"), "1");
    mkdirSync(join(from, "d"));
    writeFileSync(join(from, "d/x"), "2");
    utimesSync(join(from, "f"), old, old);
    mkdirSync(join(folder, "elsewhere"));
    symlinkSync("../elsewhere", join(to, "d"));
    execFileSync("mkfifo", [join(from, "pipe")]);
    const report = await sync(getTransport(from), getTransport(to));
    expect(failuresOf(report)).toEqual(["d: not-a-directory", "pipe: unsupported"]);
    expect(statSync(join(to, "f")).mtime).toEqual(old);
    expect(await treeOf(getTransport(join(folder, "elsewhere")))).toEqual({});
    expect(failuresOf(await sync(getTransport(from), getTransport(to), { delete: true }))).toEqual([
      "pipe: unsupported",
    ]);
    expect(await treeOf(getTransport(to))).toEqual({ f: "1", "d/": "", "d/x": "2" });
    expect(await treeOf(getTransport(join(folder, "elsewhere")))).toEqual({});
  });
});
