import { readFileSync } from "node:fs";

import type { Entry, ErrorCode, Transport, TreeReport } from "samewire";
import { copyFiles, copyTree, getTransport, globs, sync } from "samewire";
import { TransportDecorator } from "samewire/extend";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { SyncSite } from "./sync-sites.ts";
import { syncSites, treeOf } from "./sync-sites.ts";

/** What a row is tried with: two places on one server, the target not there yet. */
interface Row {
  readonly top: Transport;
  readonly source: Transport;
  readonly target: Transport;
}

const old = new Date("2020-03-04T05:06:07Z");
const later = new Date("2021-03-04T05:06:07Z");

async function write(transport: Transport, files: Readonly<Record<string, string>>, mtime = old): Promise<void> {
  for (const [path, content] of Object.entries(files))
    await transport.put(path, content, { createParents: true, mtime });
}

function expectFailures({ failures }: TreeReport, expected: Readonly<Record<string, ErrorCode>>): void {
  expect(Object.fromEntries(failures.map(({ path, error }) => [path, error.code]))).toEqual(expected);
}

/** A server that lists what is no name in its top directory. */
class Hostile extends TransportDecorator {
  readonly prefix = "hostile";
  readonly boundary = false;
  protected around(): TransportDecorator {
    throw new Error("a copy makes no other transport");
  }
  override async *list(path = ""): AsyncGenerator<Entry> {
    yield* this.inner.list(path);
    if (path !== "") return;
    for (const name of ["../escaped", "/escaped", "a/../../escaped"])
      yield { name, path: name, stat: { type: "file", sizeBytes: 1 } };
  }
}

const rows: Readonly<Record<string, (row: Row) => Promise<void>>> = {
  "tree-1": async ({ source, target }) => {
    await write(source, { "a/b": "1" });
    expectFailures(await copyTree(source, target.clone("x/y")), {});
    expect(await treeOf(target.clone("x/y"))).toEqual({ "a/": "", "a/b": "1" });
  },
  "tree-2": async ({ source, target }) => {
    await write(source, { "a/b": "1" });
    await target.createPrefix();
    expectFailures(await copyTree(source, target), {});
    expect(await treeOf(target)).toEqual({ "a/": "", "a/b": "1" });
  },
  "tree-3": async ({ top, source, target }) => {
    await write(source, { "a/b": "1" });
    const spelled = (url: string, slash: boolean): Transport => getTransport(slash ? url : url.slice(0, -1), [top]);
    for (const [from, to] of [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ] as const) {
      const place = target.clone(`${from} ${to}`);
      expectFailures(await copyTree(spelled(source.base, from), spelled(place.base, to)), {});
      expect(await treeOf(place)).toEqual({ "a/": "", "a/b": "1" });
    }
  },
  "tree-4": async ({ source, target }) => {
    await write(source, { "a/b": "1" });
    await write(target, { "a/other": "2", other: "3" });
    expectFailures(await copyTree(source, target), {});
    expect(await treeOf(target)).toEqual({ "a/": "", "a/b": "1", "a/other": "2", other: "3" });
  },
  "tree-5": async ({ source, target }) => {
    await write(source, { f: "new" });
    await write(target, { f: "the old content" });
    expectFailures(await copyTree(source, target), {});
    expect(await treeOf(target)).toEqual({ f: "new" });
  },
  "tree-6": async ({ source, target }) => {
    await write(source, { f: "new", g: "2" });
    await write(target, { "f/in": "1" });
    expectFailures(await copyTree(source, target), { f: "is-a-directory" });
    expect(await treeOf(target)).toEqual({ "f/": "", "f/in": "1", g: "2" });
  },
  "tree-7": async ({ source, target }) => {
    await write(source, { "d/in/deep": "1", "d/x": "1", g: "2" });
    await write(target, { d: "file" });
    expectFailures(await copyTree(source, target), { d: "already-exists" });
    expect(await treeOf(target)).toEqual({ d: "file", g: "2" });
  },
  "tree-8": async ({ source, target }) => {
    await write(source, { "d/one": "1" });
    await write(target, { "d/two": "2" });
    expectFailures(await copyTree(source, target), {});
    expect(await treeOf(target)).toEqual({ "d/": "", "d/one": "1", "d/two": "2" });
  },
  "tree-9": async ({ source, target }) => {
    await source.createPrefix();
    await source.mkdir("empty");
    expectFailures(await copyTree(source, target), {});
    expect(await treeOf(target)).toEqual({ "empty/": "" });
  },
  "tree-10": async ({ source, target }) => {
    await write(source, { f: "1" });
    for (const path of ["l", "m", "n"]) await source.symlink("f", path);
    await write(target, { m: "file" });
    await target.symlink("elsewhere", "n");
    expectFailures(await copyTree(source, target), {});
    expect(await treeOf(target)).toEqual({ f: "1", l: "-> f", m: "-> f", n: "-> f" });
  },
  "tree-11": async ({ source, target }) => {
    await write(source, { "d/f": "1" });
    const texts = { abs: "/etc/passwd", up: "../x", "d/climb": "../../x", "d/may": "a/../../../x" };
    for (const [path, text] of Object.entries(texts)) await source.symlink(text, path);
    const refused = Object.fromEntries(Object.keys(texts).map((path) => [path, "unsupported"] as const));
    expectFailures(await copyTree(source, target), refused);
    expect(await treeOf(target)).toEqual({ "d/": "", "d/f": "1" });
  },
  "tree-12": async ({ source, target }) => {
    await write(source, { f: "new" });
    await write(target, { kept: "kept" });
    await target.symlink("kept", "f");
    expectFailures(await copyTree(source, target), {});
    expect(await treeOf(target)).toEqual({ f: "new", kept: "kept" });
  },
  "tree-13": async ({ top, source, target }) => {
    await write(source, { "d/f": "1" });
    await write(top, { "outside/kept": "kept" });
    await target.createPrefix();
    await target.symlink("../outside", "d");
    expectFailures(await copyTree(source, target), { d: "already-exists" });
    expect(await treeOf(top.clone("outside"))).toEqual({ kept: "kept" });
  },
  "tree-14": async ({ top, source }) => {
    await write(source, { f: "1" });
    await top.clone("real").createPrefix();
    await top.symlink("real", "link");
    expectFailures(await copyTree(source, top.clone("link")), {});
    expect(await treeOf(top.clone("real"))).toEqual({ f: "1" });
  },
  "tree-15": async ({ top, source, target }) => {
    await expect(copyTree(source, target)).rejects.toMatchObject({ code: "not-found" });
    expect(await top.has("to")).toBe(false);
  },
  "tree-16": async ({ top, target }) => {
    await write(top, { from: "a file" });
    await expect(copyTree(top.clone("from"), target)).rejects.toMatchObject({ code: "not-a-directory" });
    expect(await top.has("to")).toBe(false);
  },
  "tree-17": async ({ source }) => {
    await write(source, { "a/b": "1" });
    await expect(copyTree(source, source)).rejects.toMatchObject({ code: "invalid-path" });
    await expect(copyTree(source, source.clone("a/c"))).rejects.toMatchObject({ code: "invalid-path" });
    expect(await treeOf(source)).toEqual({ "a/": "", "a/b": "1" });
  },
  "tree-18": async ({ top, source, target }) => {
    await write(source, { f: "1" });
    await write(top, { to: "a file" });
    await expect(copyTree(source, target)).rejects.toMatchObject({ name: "TransportError" });
    expect(String(await top.getBytes("to"))).toBe("a file");
  },
  "tree-19": async ({ source, target }) => {
    const names = [
      "a b",
      "100%",
      "%2e%2e",
      "#1",
      "who?",
      "it's",
      'say "so"',
      "ünïcödé",
      "日本",
      "~",
      "-rf",
      "a,b",
      "e\u0301",
    ];
    await write(
      source,
      Object.fromEntries(
        names.flatMap((name) => [
          [name, name],
          [`in ${name}/${name}`, "below"],
        ]),
      ),
    );
    expectFailures(await copyTree(source, target), {});
    expect(await treeOf(target)).toEqual(await treeOf(source));
  },
  "tree-20": async ({ top, source, target }) => {
    await write(source, { f: "1" });
    const { failures } = await copyTree(new Hostile(source), target);
    expect(failures.map(({ error }) => error.code)).toEqual(["invalid-path", "invalid-path", "invalid-path"]);
    expect(await treeOf(target)).toEqual({ f: "1" });
    expect(await top.has("escaped")).toBe(false);
  },
  "tree-21": async ({ source, target }) => {
    await write(source, { f: "1", "skip/in": "2", "a.tmp": "3" });
    await write(target, { "a.tmp": "kept" });
    expectFailures(await copyTree(source, target, { filter: globs({ exclude: ["skip", "*.tmp"] }) }), {});
    expect(await treeOf(target)).toEqual({ f: "1", "a.tmp": "kept" });
  },

  "files-1": async ({ source, target }) => {
    await write(source, { "a/b": "1", "a/c": "2", d: "3" });
    expectFailures(await copyFiles(source, ["a/b", "d"], target), {});
    expect(await treeOf(target)).toEqual({ "a/": "", "a/b": "1", d: "3" });
  },
  "files-2": async ({ source, target }) => {
    await write(source, { "a/b": "1", d: "3" });
    expectFailures(await copyFiles(source, ["a", "d"], target), { a: "is-a-directory" });
    expect(await treeOf(target)).toEqual({ d: "3" });
  },
  "files-3": async ({ source, target }) => {
    await write(source, { d: "3" });
    expectFailures(await copyFiles(source, ["missing", "d"], target), { missing: "not-found" });
    expect(await treeOf(target)).toEqual({ d: "3" });
  },
  "files-4": async ({ source, target }) => {
    await write(source, { d: "3" });
    await write(target, { "d/in": "1" });
    expectFailures(await copyFiles(source, ["d"], target), { d: "is-a-directory" });
    expect(await treeOf(target)).toEqual({ "d/": "", "d/in": "1" });
  },
  "files-5": async ({ top, source, target }) => {
    await write(source, { d: "3" });
    await write(top, { above: "x" });
    const { failures } = await copyFiles(source, ["../above", "d"], target.clone("deep"));
    expect(failures.map(({ path }) => path)).toEqual(["../above"]);
    expect(await treeOf(target)).toEqual({ "deep/": "", "deep/d": "3" });
  },
  "files-6": async ({ source, target }) => {
    await write(source, { d: "3" });
    await source.symlink("d", "l");
    expectFailures(await copyFiles(source, ["l"], target), {});
    expect(await treeOf(target)).toEqual({ l: "-> d" });
  },

  "sync-1": async ({ source, target }) => {
    await write(source, { "a/b": "1" });
    expectFailures(await sync(source, target.clone("x/y")), {});
    expect(await treeOf(target.clone("x/y"))).toEqual({ "a/": "", "a/b": "1" });
  },
  "sync-2": async ({ source, target }) => {
    await write(source, { f: "one" });
    await write(target, { f: "two" });
    expect(await sync(source, target)).toMatchObject({ files: 0, unchanged: 1, failures: [] });
    expect(await treeOf(target)).toEqual({ f: "two" });
  },
  "sync-3": async ({ source, target }) => {
    await write(source, { f: "one" }, later);
    await write(target, { f: "two" });
    expect(await sync(source, target)).toMatchObject({ files: 1, unchanged: 0, failures: [] });
    expect(await treeOf(target)).toEqual({ f: "one" });
  },
  "sync-4": async ({ source, target }) => {
    await write(source, { f: "1" });
    await source.symlink("f", "l");
    await write(target, { "f/in": "x", "l/in/deep": "x" });
    expectFailures(await sync(source, target), { f: "is-a-directory", l: "is-a-directory" });
    expect(await treeOf(target)).toMatchObject({ "f/in": "x", "l/in/deep": "x" });
    expectFailures(await sync(source, target, { delete: true }), {});
    expect(await treeOf(target)).toEqual({ f: "1", l: "-> f" });
  },
  "sync-5": async ({ source, target }) => {
    await write(source, { "d/in": "1", "e/in": "2" });
    await write(target, { d: "x", "kept/y": "y" });
    await target.symlink("kept", "e");
    expectFailures(await sync(source, target), { d: "not-a-directory", e: "not-a-directory" });
    expect(await treeOf(target)).toEqual({ d: "x", e: "-> kept", "kept/": "", "kept/y": "y" });
    expectFailures(await sync(source, target, { delete: true }), {});
    expect(await treeOf(target)).toEqual({ "d/": "", "d/in": "1", "e/": "", "e/in": "2" });
  },
  "sync-6": async ({ source, target }) => {
    await write(source, { f: "1" });
    await source.symlink("f", "l");
    await write(target, { l: "x", kept: "kept" });
    await target.symlink("kept", "f");
    expectFailures(await sync(source, target), {});
    expect(await treeOf(target)).toEqual({ f: "1", l: "-> f", kept: "kept" });
  },
  "sync-7": async ({ source, target }) => {
    await write(source, { f: "1" });
    await write(target, { f: "1", "only/here": "x" });
    expect(await sync(source, target)).toMatchObject({ deleted: 0, failures: [] });
    expect(await treeOf(target)).toEqual({ f: "1", "only/": "", "only/here": "x" });
    expect(await sync(source, target, { delete: true })).toMatchObject({ deleted: 2, failures: [] });
    expect(await treeOf(target)).toEqual({ f: "1" });
  },
  "sync-8": async ({ source, target }) => {
    await write(source, { f: "1" });
    await write(target, { f: "1", "only/a.log": "x", "only/b": "x" });
    const options = { delete: true, filter: globs({ exclude: "*.log" }) };
    expectFailures(await sync(source, target, options), {});
    expect(await treeOf(target)).toEqual({ f: "1", "only/": "", "only/a.log": "x" });
    expectFailures(await sync(source, target, { ...options, deleteExcluded: true }), {});
    expect(await treeOf(target)).toEqual({ f: "1" });
  },
  "sync-9": async ({ source, target }) => {
    await source.createPrefix();
    await source.mkdir("empty");
    expectFailures(await sync(source, target), {});
    expect(await treeOf(target)).toEqual({ "empty/": "" });
  },
  "sync-10": async ({ source, target }) => {
    await write(source, { f: "1" });
    await source.symlink("f", "l");
    await target.createPrefix();
    await target.symlink("elsewhere", "l");
    expectFailures(await sync(source, target), {});
    expect(await treeOf(target)).toEqual({ f: "1", l: "-> f" });
  },

  "sync-11": async ({ top, source }) => {
    await write(source, { f: "1" });
    await write(top, { other: "2" });
    await expect(sync(source, top, { delete: true })).rejects.toMatchObject({ code: "invalid-path" });
    expectFailures(await sync(source, top), {});
    expect(await treeOf(top)).toEqual({ f: "1", "from/": "", "from/f": "1", other: "2" });
  },

  "copy-1": async ({ source }) => {
    await write(source, { f: "1", g: "old" });
    await source.copy("f", "new");
    await source.copy("f", "g");
    expect(await treeOf(source)).toEqual({ f: "1", g: "1", new: "1" });
  },
  "copy-2": async ({ source }) => {
    await write(source, { f: "1", "d/in": "2" });
    await expect(source.copy("f", "d")).rejects.toMatchObject({ code: "is-a-directory" });
    expect(await treeOf(source)).toEqual({ f: "1", "d/": "", "d/in": "2" });
  },
  "copy-3": async ({ source }) => {
    await write(source, { f: "1" });
    await expect(source.copy("f", "no/where")).rejects.toMatchObject({ code: "not-found" });
  },
  "copy-4": async ({ source }) => {
    await write(source, { "d/in": "2" });
    await expect(source.copy("d", "e")).rejects.toMatchObject({ code: "is-a-directory" });
    expect(await source.has("e")).toBe(false);
  },
  "copy-5": async ({ source }) => {
    await write(source, { f: "1" });
    await expect(source.copy("f", "./f")).rejects.toMatchObject({ code: "already-exists" });
    expect(await treeOf(source)).toEqual({ f: "1" });
  },
};

it("every row of the table in docs/trees.md is a test, and every test a row", () => {
  const text = readFileSync(new URL("../../docs/trees.md", import.meta.url), "utf8");
  const documented = [...text.matchAll(/^\| ([a-z]+-\d+) \|/gm)].map(([, id]) => id);
  expect(documented).toEqual(Object.keys(rows));
});

describe.each(["memory", "file", "sftp"])("on %s", (name) => {
  let site: SyncSite;
  let count = 0;

  beforeAll(async () => {
    site = await (syncSites[name] as () => Promise<SyncSite>)();
  });

  afterAll(async () => {
    await site[Symbol.asyncDispose]();
  });

  it.each(Object.entries(rows))("%s", async (_id, run) => {
    const top = site.plain.clone(`row-${++count}`);
    await top.createPrefix();
    await run({ top, source: top.clone("from"), target: top.clone("to") });
  });

  // Between servers there is no other way than through this process.
  it.each(Object.entries(rows).filter(([id]) => id === "tree-19" || id === "sync-4"))(
    "%s, from elsewhere",
    async (_id, run) => {
      const top = site.plain.clone(`row-${++count}`);
      await top.createPrefix();
      await run({ top, source: getTransport("memory:///"), target: top.clone("to") });
    },
  );
});
