import fc from "fast-check";
import type { Stat, SyncAction, SyncOptions, SyncPlan, Transport } from "samewire";
import { formatPlan, getTransport, planSync, sync } from "samewire";
import { describe, expect, it } from "vitest";

import type { CompareRules } from "../../src/operations/compare-entries.ts";
import { attributesToSet, compareRules, differenceOf } from "../../src/operations/compare-entries.ts";
import { matchEntries } from "../../src/operations/match-entries.ts";
import { treeOf } from "./sync-sites.ts";

const noon = Date.parse("2024-05-06T12:00:00.250Z");

function file(sizeBytes: number, mtimeMs?: number, mode?: number): Stat {
  return {
    type: "file",
    sizeBytes,
    ...(mtimeMs === undefined ? {} : { mtime: new Date(mtimeMs) }),
    ...(mode === undefined ? {} : { mode }),
  };
}

const rules: CompareRules = {
  compare: "size-and-mtime",
  toleranceMs: 1_000,
  keepsMtime: true,
  keepsMode: true,
  modeMask: 0o777,
  preserve: {},
};

describe("files are the same", () => {
  it("when their lengths are, and their times within the coarser side's step", () => {
    expect(differenceOf(file(5, noon), file(5, noon - 250), rules)).toBeUndefined();
    expect(differenceOf(file(5, noon), file(5, noon + 750), rules)).toBeUndefined();
    expect(differenceOf(file(5, noon), file(5, noon + 1_000), rules)).toBe("mtime");
    expect(differenceOf(file(5, noon), file(5, noon - 1_000), rules)).toBe("mtime");
    expect(differenceOf(file(5, noon), file(6, noon), rules)).toBe("size");
  });

  it("when the source was not changed after it was brought to a target that keeps no times", () => {
    const arrival = { ...rules, keepsMtime: false };
    expect(differenceOf(file(5, noon), file(5, noon + 86_400_000), arrival)).toBeUndefined();
    expect(differenceOf(file(5, noon), file(5, noon - 999), arrival)).toBeUndefined();
    expect(differenceOf(file(5, noon), file(5, noon - 1_000), arrival)).toBe("mtime");
  });

  it("by their lengths alone where that is asked for, or where a time is not known", () => {
    expect(differenceOf(file(5, noon), file(5, 0), { ...rules, compare: "size" })).toBeUndefined();
    expect(differenceOf(file(5, noon), file(5), rules)).toBeUndefined();
    expect(differenceOf(file(5), file(5, noon), rules)).toBeUndefined();
    expect(differenceOf(file(5), file(6), { ...rules, compare: "size" })).toBe("size");
  });

  it("by their digests where content is compared, whatever their times", () => {
    const content = { ...rules, compare: "content" } as const;
    expect(differenceOf(file(5, noon), file(5, 0), content, { source: "a", target: "a" })).toBeUndefined();
    expect(differenceOf(file(5, noon), file(5, noon), content, { source: "a", target: "b" })).toBe("content");
  });
});

describe("attributes are set", () => {
  it("where they differ and the target can keep them", () => {
    expect(attributesToSet(file(1, noon, 0o600), file(1, noon, 0o600), rules)).toBeUndefined();
    expect(attributesToSet(file(1, noon, 0o600), file(1, noon, 0o640), rules)).toEqual({ mode: 0o600 });
    expect(attributesToSet(file(1, noon, 0o600), file(1, 0, 0o600), rules)).toEqual({ mtimeMs: noon });
    expect(
      attributesToSet(file(1, noon, 0o600), file(1, 0, 0o640), { ...rules, keepsMode: false, keepsMtime: false }),
    ).toBeUndefined();
    expect(attributesToSet(file(1, noon, 0o600), file(1), rules)).toBeUndefined();
    expect(attributesToSet(file(1), file(1, noon, 0o640), rules)).toBeUndefined();
  });

  it("by the rules that both ends' capabilities make", () => {
    const { capabilities } = getTransport("memory:///");
    const coarse = { ...capabilities, mtimeResolutionMs: 60_000, setsMtime: false, modes: false };
    expect(compareRules(capabilities, coarse, {})).toMatchObject({
      toleranceMs: 60_000,
      keepsMtime: false,
      keepsMode: false,
    });
    expect(compareRules(coarse, capabilities, {})).toMatchObject({
      toleranceMs: 60_000,
      keepsMtime: true,
      keepsMode: true,
    });
    expect(compareRules(capabilities, capabilities, { preserve: { mtime: false, mode: "exact" } })).toMatchObject({
      toleranceMs: 1,
      keepsMtime: false,
      modeMask: 0o7777,
    });
  });
});

describe("names are matched", () => {
  const entries = (...names: string[]) => names.map((name) => ({ name, path: name, stat: file(1) }));
  const namesOf = (source: string[], target: string[], caseSensitive: boolean) => {
    const { pairs, collisions } = matchEntries(entries(...source), entries(...target), caseSensitive);
    return {
      pairs: pairs.map((pair) => `${pair.source?.name ?? ""}:${pair.target?.name ?? ""}`).toSorted(),
      collisions: collisions.map(({ name }) => name),
    };
  };

  it("as they are where the target tells upper from lower case", () => {
    expect(namesOf(["a", "A", "b"], ["A", "c"], true)).toEqual({ pairs: [":c", "A:A", "a:", "b:"], collisions: [] });
  });

  it("without case where it does not: the one that is there wins, else the first in order", () => {
    expect(namesOf(["readme", "README"], ["readme"], false)).toEqual({
      pairs: ["readme:readme"],
      collisions: ["README"],
    });
    expect(namesOf(["b", "a", "B"], [], false)).toEqual({ pairs: ["B:", "a:"], collisions: ["b"] });
    expect(namesOf(["Readme"], ["README"], false)).toEqual({ pairs: ["Readme:README"], collisions: [] });
  });
});

/** A tree as a value: text is a file, `null` a link to `f`. */
interface Tree {
  readonly [name: string]: string | null | Tree;
}

const names = ["a", "b", "c", "f", "ü\u0007"];
const { tree } = fc.letrec<{ tree: Tree; node: string | null | Tree }>((tie) => ({
  tree: fc.dictionary(fc.constantFrom(...names), tie("node"), { maxKeys: 4, noNullPrototype: true }),
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("", "x", "y", "long"),
    fc.constant(null),
    tie("tree"),
  ),
}));

/** Content tells the time, so that what differs has another one. */
const timeOf = (content: string): Date =>
  new Date(noon + content.length * 10_000 + (content.codePointAt(0) ?? 0) * 100_000);

async function plant(transport: Transport, planted: Tree, at = ""): Promise<void> {
  for (const [name, node] of Object.entries(planted)) {
    const path = at === "" ? name : `${at}/${name}`;
    if (node === null) await transport.symlink("f", path);
    else if (typeof node === "string") await transport.put(path, node, { mtime: timeOf(node) });
    else {
      await transport.mkdir(path);
      await plant(transport, node, path);
    }
  }
}

async function planted(trees: readonly Tree[]): Promise<Transport[]> {
  return await Promise.all(
    trees.map(async (one) => {
      const transport = getTransport("memory:///");
      await plant(transport, one);
      return transport;
    }),
  );
}

const runs = { numRuns: 150 };

describe("whatever two trees hold", () => {
  it("a sync that deletes makes them the same, and the next one finds nothing to do", async () => {
    await fc.assert(
      fc.asyncProperty(tree, tree, async (one, other) => {
        const [source, target] = (await planted([one, other])) as [Transport, Transport];
        const report = await sync(source, target, { delete: true });
        expect(report.failures).toEqual([]);
        expect(await treeOf(target)).toEqual(await treeOf(source));
        expect((await planSync(source, target, { delete: true })).actions).toEqual([]);
      }),
      runs,
    );
  });

  it("a sync that does not delete keeps every name of the target, and brings all that nothing is in the way of", async () => {
    await fc.assert(
      fc.asyncProperty(tree, tree, async (one, other) => {
        const [source, target] = (await planted([one, other])) as [Transport, Transport];
        const before = await treeOf(target);
        const wanted = await treeOf(source);
        const { failures } = await sync(source, target);
        const after = await treeOf(target);
        expect(Object.keys(after)).toEqual(expect.arrayContaining(Object.keys(before)));
        const stuck = failures.map(({ path }) => path);
        for (const [path, content] of Object.entries(wanted)) {
          if (stuck.some((top) => path === top || path === `${top}/` || path.startsWith(`${top}/`))) continue;
          expect(after[path], path).toBe(content);
        }
      }),
      runs,
    );
  });

  it("sets no time of a directory in which nothing changes, since what was to be deleted stays", async () => {
    const [source, target] = [getTransport("memory:///"), getTransport("memory:///")];
    for (const side of [source, target]) await side.put("d/same", "1", { createParents: true, mtime: new Date(noon) });
    await target.put("d/gone/kept", "2", { createParents: true });
    await target.setAttributes("d", { mtime: new Date(noon) });
    await source.setAttributes("d", { mtime: new Date(noon) });
    const options: SyncOptions = { delete: true, filter: ({ name }) => name !== "kept" };
    expect((await planSync(source, target, options)).actions).toEqual([]);
    await target.put("d/gone/other", "3");
    const paths = ({ actions }: SyncPlan): string[] => actions.map(({ action, path }) => `${action} ${path}`);
    expect(paths(await planSync(source, target, options))).toEqual(["delete d/gone/other"]);
    await target.put("d/file", "4");
    await target.setAttributes("d", { mtime: new Date(noon) });
    expect(paths(await planSync(source, target, options)).toSorted()).toEqual([
      "attributes d",
      "delete d/file",
      "delete d/gone/other",
    ]);
  });

  it("a plan is plain data in an order in which it can be done, and prints without control characters", async () => {
    await fc.assert(
      fc.asyncProperty(tree, tree, fc.boolean(), async (one, other, deletes) => {
        const [source, target] = (await planted([one, other])) as [Transport, Transport];
        const plan = await planSync(source, target, { delete: deletes });
        expect(await planSync(source, target, { delete: deletes })).toEqual(plan);
        expect((JSON.parse(JSON.stringify(plan)) as typeof plan).actions).toEqual(plan.actions);
        expect(formatPlan(plan)).not.toMatch(/[^\P{Cc}\n]/u);
        expectDoable(plan.actions);
        expect(await treeOf(target)).toEqual(await treeOf((await planted([other]))[0] as Transport));
      }),
      runs,
    );
  });
});

/** Directories before what is in them, what is in them before they are deleted, each path once but where one thing replaces another. */
function expectDoable(actions: readonly SyncAction[]): void {
  const made = new Set<string>();
  const deleted = new Set<string>();
  for (const { action, path } of actions) {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (action === "delete") {
      expect(deleted.has(parent)).toBe(false);
      expect(made.has(path)).toBe(false);
      deleted.add(path);
    } else if (action !== "attributes") {
      expect(made.has(path)).toBe(false);
      if (deleted.has(parent)) expect(made.has(parent)).toBe(true);
      made.add(path);
    }
  }
}

describe("formatPlan", () => {
  it("has a line for each thing, what is left, what fails, and the whole", async () => {
    const [source, target] = (await planted([
      { a: "new", b: { c: "x" }, f: null, "ü\u0007": "y" },
      { f: "text", c: "gone", d: {}, b: "in the way" },
    ])) as [Transport, Transport];
    expect(formatPlan(await planSync(source, target, { delete: true }))).toBe(
      [
        "delete b (in-the-way)",
        "make   b/",
        "copy   a (new, 3 bytes)",
        "copy   b/c (new, 1 bytes)",
        "link   f (type)",
        "copy   ü\\u0007 (new, 1 bytes)",
        "delete d/ (gone)",
        "delete c (gone)",
        "3 to copy (5 bytes), 1 links, 1 directories, 3 to delete, 0 attributes, 0 unchanged, 0 failures",
        "",
      ].join("\n"),
    );
    expect(formatPlan(await planSync(source, target))).toContain("FAILED b (not-a-directory: a file is in the way)\n");
  });
});
