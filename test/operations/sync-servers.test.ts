import type { Transport } from "samewire";
import { copyTree, planSync, sync } from "samewire";
import { afterEach, describe, expect, it } from "vitest";

import type { SyncSite } from "./sync-sites.ts";
import { syncSites, takeCalls, treeOf } from "./sync-sites.ts";

const old = new Date("2020-03-04T05:06:07Z");
const opened: SyncSite[] = [];

async function open(name: string): Promise<SyncSite["transport"]> {
  const site = await (syncSites[name] as () => Promise<SyncSite>)();
  opened.push(site);
  return site.transport;
}

afterEach(async () => {
  for (const site of opened.splice(0)) await site[Symbol.asyncDispose]();
});

/** Directories: the top, 5 with 6 files each, and one that is empty. */
const directories = 7;

async function grow(transport: Transport): Promise<void> {
  await transport.mkdir("empty");
  for (let directory = 0; directory < 5; directory++) {
    await transport.mkdir(`d${directory}`);
    for (let file = 0; file < 6; file++)
      await transport.put(`d${directory}/f${file}`, `content ${directory} ${file}`, { mtime: old });
  }
  for (const path of ["empty", "d0", "d1", "d2", "d3", "d4"]) await transport.setAttributes(path, { mtime: old });
}

describe.each(Object.keys(syncSites))("a sync to %s", (name) => {
  it("brings a tree there, and then finds nothing to do, with one listing for each directory", async () => {
    const [source, target] = [await open("memory"), await open(name)];
    await grow(source);
    const first = await sync(source, target);
    expect(first).toMatchObject({ files: 30, directories: 6, unchanged: 0, failures: [] });
    expect(await treeOf(target)).toEqual(await treeOf(source));

    takeCalls(source);
    takeCalls(target);
    const second = await sync(source, target);
    expect(second).toMatchObject({ files: 0, directories: 0, bytes: 0, unchanged: 30, failures: [] });
    expect(takeCalls(source)).toEqual({ list: directories });
    expect(takeCalls(target)).toEqual({ list: directories });
  });

  it("brings what is new, longer, and as long but later, and nothing else", async () => {
    const [source, target] = [await open("memory"), await open(name)];
    await grow(source);
    await sync(source, target);
    await source.put("d1/new", "new");
    await source.put("d2/f0", "longer than it was");
    await source.put("d3/f0", "CONTENT 3 0", { mtime: new Date(Date.now() + 60_000) });
    const plan = await planSync(source, target);
    const copies = plan.actions.flatMap((action) => (action.action === "copy" ? [`${action.path} ${action.why}`] : []));
    expect(copies).toEqual(["d1/new new", "d2/f0 size", "d3/f0 mtime"]);
    expect(await sync(source, target)).toMatchObject({ files: 3, unchanged: 28, failures: [] });
    expect(await treeOf(target)).toEqual(await treeOf(source));
  });

  it("deletes what is not in the source where that is asked for, and not otherwise", async () => {
    const [source, target] = [await open("memory"), await open(name)];
    await grow(source);
    await sync(source, target);
    await source.deleteTree("d4");
    await source.delete("d0/f0");
    expect(await sync(source, target)).toMatchObject({ deleted: 0, failures: [] });
    expect(await target.has("d4/f5")).toBe(true);
    expect(await sync(source, target, { delete: true })).toMatchObject({ deleted: 8, failures: [] });
    expect(await treeOf(target)).toEqual(await treeOf(source));
  });

  it("compares content where that is asked for: what is as long and as old is found", async () => {
    const [source, target] = [await open("memory"), await open(name)];
    await grow(source);
    await sync(source, target);
    await source.put("d2/f3", "CONTENT 2 3", { mtime: old });
    const plan = await planSync(source, target, { compare: "content" });
    expect(plan.actions.filter(({ action }) => action === "copy")).toMatchObject([{ path: "d2/f3", why: "content" }]);
    expect(plan.unchanged).toBe(29);
  });
});

describe.each(Object.keys(syncSites))("a sync from %s", (name) => {
  it("brings its tree here, and then finds nothing to do", async () => {
    const [origin, source, target] = [await open("memory"), await open(name), await open("memory")];
    await grow(origin);
    await sync(origin, source);
    expect(await sync(source, target)).toMatchObject({ files: 30, directories: 6, failures: [] });
    expect(await treeOf(target)).toEqual(await treeOf(origin));
    takeCalls(source);
    takeCalls(target);
    expect(await sync(source, target)).toMatchObject({ files: 0, unchanged: 30, failures: [] });
    expect(takeCalls(source)["list"]).toBe(directories);
    expect(takeCalls(target)["list"]).toBe(directories);
  });
});

describe.each(["sftp", "ftp with MLSD", "ftp with LIST only"])("a copy with %s", (name) => {
  it("keeps modification times both ways, and goes on by them where it was interrupted", async () => {
    const [origin, there, back] = [await open("memory"), await open(name), await open("memory")];
    await grow(origin);
    const keeping = { preserve: { mtime: true } };
    expect(await copyTree(origin, there, keeping)).toMatchObject({ files: 30, failures: [] });
    expect(await copyTree(there, back, keeping)).toMatchObject({ files: 30, failures: [] });
    expect((await back.stat("d3/f5")).mtime).toEqual(old);
    await there.delete("d3/f5");
    expect(await copyTree(origin, there, { resume: true })).toMatchObject({ files: 1, unchanged: 29, failures: [] });
  });
});
