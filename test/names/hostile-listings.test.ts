import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Transport, TreeReport } from "../../src/index.ts";
import { copyFiles, copyTree, getTransport, sync, walk } from "../../src/index.ts";
import type { Fence } from "./fence.ts";
import { hostileNames } from "./hostile-names.ts";
import { lyingFences } from "./lying-fences.ts";

const oddNames = hostileNames.filter(({ kind }) => kind === "odd").map(({ name }) => name);
const isSafe = (name: string): boolean => !["", ".", ".."].includes(name) && !/[/\0]/.test(name);

describe.each(Object.entries(lyingFences))("a listing of hostile names: %s", (_name, { open, reports, tells }) => {
  let fence: Fence;
  let source: Transport;
  let outside: Readonly<Record<string, string>>;
  /** The surroundings of a local target, with a bystander where a bad name would lead. */
  let folder: string;
  let target: Transport;
  let around: Readonly<Record<string, string>>;
  const reported: string[] = [];
  const report = (message: unknown): void => void reported.push((message as { name: string }).name);

  const told = oddNames.filter(tells);
  const refused = hostileNames.flatMap((hostile) => reports(hostile) ?? []);

  beforeEach(async () => {
    fence = await open();
    source = fence.plain;
    outside = await outsideOf(fence);
    folder = mkdtempSync(join(tmpdir(), "samewire-hostile-"));
    mkdirSync(join(folder, "up/target"), { recursive: true });
    for (const bystander of ["x", "secret", "up/x", "up/abs", "up/b"])
      writeFileSync(join(folder, bystander), "bystander");
    around = surroundingsOf(folder);
    target = getTransport(join(folder, "up/target"));
    reported.length = 0;
    subscribe("samewire:list:refused-name", report);
  });
  afterEach(async () => {
    unsubscribe("samewire:list:refused-name", report);
    expect(surroundingsOf(folder)).toEqual(around);
    rmSync(folder, { recursive: true });
    for (const path of fence.asked()) {
      expect(`${path.replace(/\*$/, "")}/`.startsWith(`${fence.root}/`), `asked for ${JSON.stringify(path)}`).toBe(
        true,
      );
      expect(path.split("/"), path).not.toContain("..");
    }
    expect(await outsideOf(fence)).toEqual(outside);
    await fence[Symbol.asyncDispose]();
  });

  /** Each name that was refused is a failure of its own, and says the name. */
  function expectAllRefused({ failures }: TreeReport): void {
    const messages = failures.map(({ error }) => error.message);
    for (const name of refused)
      expect(
        messages.some((message) => message.includes(name)),
        `${name} is in the report`,
      ).toBe(true);
  }

  function expectCopied({ failures }: TreeReport): void {
    const there = new Set(readdirSync(join(folder, "up/target")));
    expect(readFileSync(join(folder, "up/target/file"), "utf8")).toBe("a file");
    for (const name of told) {
      const path = join(folder, "up/target", name);
      if (there.has(name)) expect(readFileSync(path, "utf8"), name).toBe("odd");
      else
        expect(
          failures.map((failure) => failure.path),
          "what is not there is in the report",
        ).toContain(name);
    }
    expect(told.filter((name) => there.has(name)).length).toBeGreaterThan(10);
  }

  it("gives those that are names, and reports those that are none", async () => {
    const names: string[] = [];
    for await (const { name, path } of source.list()) {
      names.push(name);
      expect(path).toBe(name);
    }
    expect(names.filter((name) => !isSafe(name))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(["file", "dir", ...told]));
    for (const name of refused)
      expect(
        reported.some((said) => said.includes(name)),
        `${name} is reported`,
      ).toBe(true);
  });

  it("is walked no further than what is there", async () => {
    const paths: string[] = [];
    const onError = (): void => undefined;
    for await (const { path } of walk(source, "", { directories: true, onError })) paths.push(path);
    expect(paths).toEqual(expect.arrayContaining(["file", "dir", "dir/inside"]));
    for (const path of paths) expect(path.split("/").every(isSafe), path).toBe(true);
  });

  it("is copied with copyTree into the target alone", async () => {
    const done = await copyTree(source, target);
    expectCopied(done);
    expectAllRefused(done);
  });

  it("is copied with copyFiles into the target alone, also by names that the caller took from elsewhere", async () => {
    // "." and "" are the base, and nobody doubts that.
    const paths = hostileNames.map(({ name }) => name).filter((name) => !["", ".", "/"].includes(name));
    const done = await copyFiles(source, ["file", ...paths], target);
    expectCopied(done);
    for (const path of ["../secret", "/etc/passwd", "..", "../secrets/file"])
      expect(done.failures.find((failure) => failure.path === path)?.error.code, path).toMatch(
        /outside-base|is-a-directory/,
      );
  });

  it("is synced into the target alone, and nothing but what is there is deleted", async () => {
    writeFileSync(join(folder, "up/target/superfluous"), "");
    const first = await sync(source, target, { delete: true });
    expectCopied(first);
    expectAllRefused(first);
    expectAllRefused(await sync(source, target, { delete: true, compare: "content" }));
    expectCopied(first);
  });

  it("is that of a target, and nothing outside is made, changed or deleted", async () => {
    const local = getTransport(join(folder, "up"));
    if (!source.capabilities.writable) {
      await expect(sync(local, source, { delete: true })).rejects.toMatchObject({ code: "read-only" });
      return;
    }
    const done = await sync(local, source, { delete: true });
    expectAllRefused(done);
    expect((await fence.everything())[`${fence.root}/b`]).toBe("bystander");
  });

  it("is not followed by deleteTree, which says so or deletes what is there", async () => {
    if (!source.capabilities.writable) return;
    const work = source.deleteTree("dir");
    const [{ status }] = await Promise.allSettled([work]);
    if (status === "fulfilled") expect(await fence.everything()).not.toHaveProperty([`${fence.root}/dir/inside`]);
    else
      await expect(work).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:protocol-error|directory-not-empty)$/),
        operation: "deleteTree",
      });
  });
});

async function outsideOf(fence: Fence): Promise<Record<string, string>> {
  const entries = Object.entries(await fence.everything());
  return Object.fromEntries(entries.filter(([path]) => !path.startsWith(`${fence.root}/`)));
}

/** Everything around the target, with what each file holds and when it was changed. */
function surroundingsOf(folder: string, path = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(folder, path))) {
    const at = path === "" ? name : `${path}/${name}`;
    if (at === "up/target") continue;
    const stats = lstatSync(join(folder, at));
    if (stats.isDirectory()) Object.assign(found, { [`${at}/`]: "" }, surroundingsOf(folder, at));
    else found[at] = `${readFileSync(join(folder, at), "utf8")} ${stats.mtimeMs}`;
  }
  return found;
}
