import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Transport } from "samewire";
import { applySync, copyTree, getTransport, planSync, sync } from "samewire";
import { tempName } from "samewire/extend";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { treeOf } from "./sync-sites.ts";

const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);

let folder: string;
let source: Transport;
let target: Transport;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "samewire-leftovers-"));
  source = getTransport("memory:///");
  target = getTransport(folder);
  await source.put("d/file", "1", { createParents: true });
  await sync(source, target);
});

afterEach(() => rmSync(folder, { recursive: true }));

/** What is there after a process was killed before it could rename its directory to that of a lock: the same directory, before it is renamed. */
async function leftover(name: string = tempName(), hours = 2): Promise<string> {
  const lock = await target.lock("d/file");
  const path = `d/${name}`;
  await target.rename("d/file.lock", path);
  await expect(lock.release()).rejects.toMatchObject({ code: "locked" });
  await target.setAttributes(path, { mtime: hoursAgo(hours) });
  return path;
}

async function reportOf(): Promise<readonly [deleted: number, failures: number]> {
  const { deleted, failures } = await sync(source, target);
  return [deleted, failures.length];
}

describe("what is left of a lock whose taker was killed", () => {
  it("is swept by a sync, with the note in it, and the directory above keeps its time", async () => {
    const mtime = new Date("2020-03-04T05:06:07Z");
    await source.setAttributes("d", { mtime });
    const path = await leftover();
    const plan = await planSync(source, target);
    expect(plan.actions).toContainEqual({ action: "delete", path, type: "directory", why: "temporary" });
    expect(await sync(source, target, { dryRun: true })).toMatchObject({ deleted: 1 });
    expect(await target.has(path)).toBe(true);
    expect(await applySync(plan, source, target)).toMatchObject({ deleted: 1, failures: [] });
    expect(await treeOf(target)).toEqual({ "d/": "", "d/file": "1" });
    expect(await target.stat("d")).toMatchObject({ mtime });
  });

  it("is swept where its note was never written", async () => {
    const path = `d/${tempName()}`;
    await target.mkdir(path);
    await target.setAttributes(path, { mtime: hoursAgo(2) });
    expect(await reportOf()).toEqual([1, 0]);
    expect(await target.has(path)).toBe(false);
  });

  it("stays while it may still become a lock", async () => {
    const path = await leftover(tempName(), 0.5);
    expect(await reportOf()).toEqual([0, 0]);
    expect(await treeOf(target, path)).not.toEqual({});
  });

  it.each([
    ["a name that is not of our making", ".samewire-0123.tmp"],
    ["the name of a lock", "other.lock"],
  ])("is not what has %s", async (_what, name) => {
    const path = await leftover(name);
    expect(await reportOf()).toEqual([0, 0]);
    expect(Object.keys(await treeOf(target, path))).toHaveLength(1);
  });

  it.each([
    ["another file", (path: string) => target.put(`${path}/precious`, "x")],
    ["a directory of a note's name", (path: string) => target.mkdir(`${path}/holder-${randomUUID()}.json`)],
    ["a link of a note's name", (path: string) => target.symlink("../file", `${path}/holder-${randomUUID()}.json`)],
  ])("is not what holds %s beside the note", async (_what, add) => {
    const path = await leftover();
    await add(path);
    await target.setAttributes(path, { mtime: hoursAgo(2) });
    const before = await treeOf(target);
    expect(await reportOf()).toEqual([0, 0]);
    expect(await treeOf(target)).toEqual(before);
  });

  it("is not what a link of such a name leads to", async () => {
    const path = await leftover("elsewhere");
    await target.symlink("elsewhere", `d/${tempName()}`);
    const before = await treeOf(target);
    expect(await reportOf()).toEqual([0, 0]);
    expect(await treeOf(target)).toEqual(before);
    expect(await target.has(path)).toBe(true);
  });

  it("is left alone when it has become a lock between the plan and its execution", async () => {
    const path = await leftover();
    const plan = await planSync(source, target);
    await target.rename(path, "d/file.lock");
    expect(await applySync(plan, source, target)).toMatchObject({ failures: [] });
    await expect(target.lock("d/file")).rejects.toMatchObject({ code: "locked" });
  });

  it("is left, with what has come into it meanwhile, and reported", async () => {
    const path = await leftover();
    const plan = await planSync(source, target);
    await target.put(`${path}/precious`, "x");
    const { failures } = await applySync(plan, source, target);
    expect(failures).toMatchObject([{ path, error: { code: "directory-not-empty" } }]);
    expect(Object.values(await treeOf(target))).toContain("x");
  });

  it("is in nobody's way when a copy goes on where it was interrupted", async () => {
    const path = await leftover();
    expect(await copyTree(source, target, { resume: true })).toMatchObject({ failures: [] });
    expect(await target.has(path)).toBe(true);
  });
});
