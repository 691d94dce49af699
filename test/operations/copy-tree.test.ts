import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Transport, TreeOptions, TreeProgress } from "samewire";
import { TraceTransport, TransportError, copyTree, getTransport, isTempName } from "samewire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Faulty } from "./faulty.ts";
import { treeOf } from "./sync-sites.ts";

let folder: string;
let source: Transport;
let target: Transport;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "samewire-copy-"));
  mkdirSync(join(folder, "source"));
  source = getTransport(join(folder, "source"));
  target = getTransport("memory:///target/");
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(path: string, content: string | Buffer = path): void {
  mkdirSync(join(folder, "source", path, ".."), { recursive: true });
  writeFileSync(join(folder, "source", path), content);
}

function failuresOf({
  failures,
}: {
  readonly failures: readonly { readonly path: string; readonly error: TransportError }[];
}) {
  return failures.map(({ path, error }) => [path, error.code]).toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
}

describe("copyTree", () => {
  it("copies files, empty directories and links, and counts them", async () => {
    for (const path of ["a/b/deep", "a/x", "top"]) write(path);
    write("large", Buffer.alloc(700_000, "large "));
    mkdirSync(join(folder, "source/empty"));
    symlinkSync("../top", join(folder, "source/a/link"));
    const report = await copyTree(source, target);
    expect(report).toEqual({
      files: 4,
      directories: 4,
      links: 1,
      bytes: 700_000 + "a/b/deep".length + "a/x".length + "top".length,
      unchanged: 0,
      deleted: 0,
      failures: [],
    });
    expect(await treeOf(target)).toEqual(await treeOf(source));
  });

  it("makes the target and what is missing above it, and leaves alone what else is there", async () => {
    write("new");
    const deep = target.clone("not/there/yet");
    await copyTree(source, deep);
    await deep.put("other", "stays");
    write("new", "newer");
    const report = await copyTree(source, deep);
    expect(report.directories).toBe(0);
    expect(await treeOf(deep)).toEqual({ new: "newer", other: "stays" });
  });

  it("asks for each directory once, makes each before what goes into it, and looks at nothing", async () => {
    for (const path of ["a/b/1", "a/b/2", "a/3", "c/4"]) write(path);
    const [from, to] = [new TraceTransport(source), new TraceTransport(target)];
    await copyTree(from, to, { preserve: { mode: false } });
    expect([...new Set(from.calls.map(({ verb }) => verb))].toSorted()).toEqual(["getBytes", "list"]);
    const listed = from.calls.filter(({ verb }) => verb === "list").map(({ path }) => path);
    expect(listed.toSorted()).toEqual(["", "a", "a/b", "c"]);
    expect([...new Set(to.calls.map(({ verb }) => verb))].toSorted()).toEqual(["createPrefix", "mkdir", "put"]);
    const order = to.calls.map(({ path }) => path);
    expect(order.indexOf("a")).toBeLessThan(order.indexOf("a/b"));
    expect(order.indexOf("a/b")).toBeLessThan(order.indexOf("a/b/1"));
    expect(order.indexOf("c")).toBeLessThan(order.indexOf("c/4"));
  });

  it("never has more under way than it is allowed", async () => {
    for (let at = 0; at < 40; at++) write(`d${at % 4}/${at}`);
    let [now, most] = [0, 0];
    class Counting extends Faulty {
      protected override async ask<T>(verb: string, _path: string, work: () => Promise<T>): Promise<T> {
        if (verb === "put") most = Math.max(most, ++now);
        await new Promise(setImmediate);
        return await work().finally(() => verb === "put" && now--);
      }
    }
    const report = await copyTree(source, new Counting(target, () => undefined), { limits: { maxFiles: 3 } });
    expect(report.files).toBe(40);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3);
  });

  it("goes on after a failure, and reports every one", async () => {
    for (const path of ["a", "b/c", "b/d", "e"]) write(path);
    await target.createPrefix();
    await target.mkdir("a");
    await target.put("b", "a file where a directory is to be");
    const told: string[] = [];
    const report = await copyTree(source, target, { onFailure: ({ path }) => told.push(path) });
    expect(failuresOf(report)).toEqual([
      ["a", "is-a-directory"],
      ["b", "already-exists"],
    ]);
    expect(told.toSorted()).toEqual(["a", "b"]);
    expect(report.files).toBe(1);
    expect(await treeOf(target)).toEqual({ "a/": "", b: "a file where a directory is to be", e: "e" });
  });

  it("reports what it cannot read, and copies the rest", async () => {
    for (const path of ["a", "b/c"]) write(path);
    const denied = new TransportError("permission-denied", "no");
    const report = await copyTree(new Faulty(source, (_verb, path) => (path === "a" ? denied : undefined)), target);
    expect(failuresOf(report)).toEqual([["a", "permission-denied"]]);
    expect(await treeOf(target)).toEqual({ "b/": "", "b/c": "b/c" });
  });

  it("rejects where all of it is impossible", async () => {
    write("a");
    await expect(copyTree(getTransport(join(folder, "nowhere")), target)).rejects.toMatchObject({ code: "not-found" });
    expect(await target.has("")).toBe(false);
    const file = getTransport("memory:///");
    await file.put("file", "in the way");
    await expect(copyTree(source, file.clone("file"))).rejects.toMatchObject({ code: "not-a-directory" });
    const full = new Faulty(target, (verb) => (verb === "put" ? new TransportError("no-space", "full") : undefined));
    await expect(copyTree(source, full)).rejects.toMatchObject({ code: "no-space" });
  });

  it("copies once more what a lost connection cut short", async () => {
    write("a");
    write("large", Buffer.alloc(700_000, "x"));
    const cut = new Set<string>();
    const flaky = new Faulty(target, (verb, path) => {
      if (verb !== "put" || cut.has(path)) return undefined;
      cut.add(path);
      return new TransportError("connection-lost", "gone", { temporary: true });
    });
    let last: TreeProgress | undefined;
    const report = await copyTree(source, flaky, { onProgress: (progress) => (last = progress) });
    expect(report).toMatchObject({ files: 2, bytes: 700_001, failures: [] });
    expect(last).toMatchObject({
      files: 2,
      bytes: 700_001,
      filesKnown: 2,
      bytesKnown: 700_001,
      listed: true,
      failures: 0,
    });
  });

  it("ends with `aborted` when it is told to, and leaves no temporary", async () => {
    for (let at = 0; at < 200; at++) write(`d${at % 8}/${at}`);
    const abort = new AbortController();
    const options: TreeOptions = { signal: abort.signal, onDone: ({ action }) => action === "copy" && abort.abort() };
    await expect(copyTree(source, target, options)).rejects.toMatchObject({ code: "aborted" });
    const left = await treeOf(target);
    expect(Object.keys(left).length).toBeLessThan(208);
    for (const [path, content] of Object.entries(left)) {
      expect(isTempName(path.slice(path.lastIndexOf("/") + 1))).toBe(false);
      if (!path.endsWith("/")) expect(content).toBe(path);
    }
  });

  it("goes on where an earlier copy was interrupted", async () => {
    for (const path of ["a", "b/c", "b/d"]) write(path);
    await copyTree(source, target, { preserve: { mtime: true } });
    await target.delete("b/c");
    await target.put("b/.samewire-0123456789abcdef.tmp", "half");
    await target.put("b/d", "b/?", { mtime: new Date(0) });
    const traced = new TraceTransport(source);
    const report = await copyTree(traced, target, { resume: true });
    expect(report).toMatchObject({ files: 2, unchanged: 1, directories: 0, failures: [] });
    expect(await treeOf(target)).toEqual(await treeOf(source));
  });

  it("changes nothing in a dry run, and says what it would do", async () => {
    for (const path of ["a", "b/c"]) write(path);
    const done: string[] = [];
    const report = await copyTree(source, target, {
      dryRun: true,
      onDone: ({ action, path }) => done.push(`${action} ${path}`),
    });
    expect(report).toMatchObject({ files: 2, directories: 2, bytes: 4, failures: [] });
    expect(done.toSorted()).toEqual(["copy a", "copy b/c", "mkdir ", "mkdir b"]);
    expect(await target.has("")).toBe(false);
  });

  it("leaves out what the filter refuses, and does not look into it", async () => {
    for (const path of ["keep/a", "skip/b", "c.tmp"]) write(path);
    const traced = new TraceTransport(source);
    await copyTree(traced, target, { filter: ({ name }) => name !== "skip" && !name.endsWith(".tmp") });
    expect(await treeOf(target)).toEqual({ "keep/": "", "keep/a": "keep/a" });
    expect(traced.calls.some(({ path }) => path.startsWith("skip"))).toBe(false);
  });

  it("keeps permission bits as the umask allows them, and all of them where it is told to", async () => {
    write("script");
    chmodSync(join(folder, "source/script"), 0o4777);
    mkdirSync(join(folder, "source/closed"));
    write("closed/inside");
    chmodSync(join(folder, "source/closed"), 0o555);
    const mask = 0o777 & ~process.umask();
    await copyTree(source, target);
    expect((await target.stat("script")).mode).toBe(0o777 & mask);
    expect((await target.stat("closed")).mode).toBe(0o555 & mask);
    const exact = target.clone("../exact");
    await copyTree(source, exact, { preserve: { mode: "exact" } });
    expect((await exact.stat("script")).mode).toBe(0o4777);
  });

  it("keeps modification times of files and directories where it is told to", async () => {
    write("a/b");
    const then = new Date("2020-02-02T02:02:02Z");
    for (const path of ["source/a/b", "source/a"]) utimesSync(join(folder, path), then, then);
    await copyTree(source, target, { preserve: { mtime: true } });
    expect((await target.stat("a/b")).mtime).toEqual(then);
    expect((await target.stat("a")).mtime).toEqual(then);
  });

  it("verifies what it wrote where it is told to, and reports what is not the same", async () => {
    for (const path of ["good", "bad"]) write(path, path.padEnd(300_000, "."));
    write("small bad");
    class Rotting extends Faulty {
      override async put(path: string, source: AsyncIterable<Uint8Array> | Uint8Array): Promise<number> {
        const written = await this.inner.put(path, source);
        const { sizeBytes } = await this.inner.stat(path);
        if (path.endsWith("bad")) await this.inner.put(path, Buffer.alloc(sizeBytes));
        return written;
      }
    }
    const rotting = new Rotting(target, () => undefined);
    expect(await copyTree(source, rotting, { verify: "size" })).toMatchObject({ files: 3, failures: [] });
    const report = await copyTree(source, rotting, { verify: "content" });
    expect(failuresOf(report)).toEqual([
      ["bad", "protocol-error"],
      ["small bad", "protocol-error"],
    ]);
    const short = new Faulty(target, () => undefined);
    short.stat = async (path) => ({ ...(await target.stat(path)), sizeBytes: 1 });
    expect((await copyTree(source, short, { verify: "size" })).failures).toHaveLength(3);
  });

  it("makes no link that leads outside, and says so", async () => {
    write("a/b");
    const outside = { absolute: "/etc/passwd", climbing: "../secret", roundabout: "a/../../secret" };
    for (const [name, text] of Object.entries(outside)) symlinkSync(text, join(folder, "source", name));
    const report = await copyTree(source, target);
    expect(failuresOf(report)).toEqual(Object.keys(outside).map((name) => [name, "unsupported"]));
    expect(await treeOf(target)).toEqual({ "a/": "", "a/b": "a/b" });
  });

  it("writes through no link that is in the way", async () => {
    for (const path of ["directory/file", "file"]) write(path);
    const outside = join(folder, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "file"), "untouched");
    const local = join(folder, "target");
    for (const atomic of [true, false]) {
      mkdirSync(local);
      symlinkSync(outside, join(local, "directory"));
      symlinkSync(join(outside, "file"), join(local, "file"));
      const report = await copyTree(source, getTransport(local), { atomic });
      expect(failuresOf(report)).toEqual([["directory", "already-exists"]]);
      expect(readdirSync(outside)).toEqual(["file"]);
      expect(readFileSync(join(outside, "file"), "utf8")).toBe("untouched");
      expect(readFileSync(join(local, "file"), "utf8")).toBe("file");
      rmSync(local, { recursive: true });
    }
  });

  it("refuses to copy a directory into itself, or onto itself", async () => {
    write("a");
    for (const inside of ["", "deeper", "not/there"]) {
      await expect(copyTree(source, source.clone(inside))).rejects.toMatchObject({ code: "invalid-path" });
    }
    expect(readdirSync(join(folder, "source"))).toEqual(["a"]);
    const above = await copyTree(source, source.clone("../sibling"));
    expect(above.files).toBe(1);
  });

  it("takes a file that has grown since it was listed as it is now", async () => {
    write("log", "short");
    const growing = new Faulty(source, (verb) => {
      if (verb === "getBytes") write("log", Buffer.alloc(5_000_000, "long "));
      return undefined;
    });
    const report = await copyTree(growing, target);
    expect(report).toMatchObject({ files: 1, bytes: 5_000_000, failures: [] });
    expect((await target.stat("log")).sizeBytes).toBe(5_000_000);
  });
});
