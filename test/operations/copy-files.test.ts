import type { Transport, WalkedEntry } from "samewire";
import { TraceTransport, copyFiles, getTransport, walk } from "samewire";
import { beforeEach, describe, expect, it } from "vitest";

let source: Transport;
let target: Transport;

beforeEach(async () => {
  const store = getTransport("memory:///");
  [source, target] = [store.clone("source"), getTransport("memory:///target/")];
  await source.createPrefix();
  for (const path of ["a", "b/c", "b/d/e"]) await source.put(path, path, { createParents: true });
  await source.symlink("a", "link");
});

async function pathsOf(transport: Transport): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of walk(transport)) paths.push(path);
  return paths.toSorted();
}

describe("copyFiles", () => {
  it("copies the files that it is given to the same paths, and makes their directories", async () => {
    const report = await copyFiles(source, ["b/d/e", "a", "link"], target);
    expect(report).toMatchObject({ files: 2, links: 1, directories: 3, failures: [] });
    expect(await pathsOf(target)).toEqual(["a", "b/d/e", "link"]);
    expect(String(await target.getBytes("b/d/e"))).toBe("b/d/e");
  });

  it("makes each directory once, however many files wait for it", async () => {
    await source.put("b/f", "f");
    const traced = new TraceTransport(target);
    await copyFiles(source, ["b/c", "b/f", "b/d/e"], traced);
    expect(traced.calls.filter(({ verb }) => verb === "mkdir").map(({ path }) => path)).toEqual(["b", "b/d"]);
  });

  it("does not look again at what `walk` gave", async () => {
    const entries = [];
    for await (const entry of walk(source)) entries.push(entry);
    const traced = new TraceTransport(source);
    expect((await copyFiles(traced, entries, target)).files).toBe(3);
    expect(traced.calls.filter(({ verb }) => verb === "stat")).toEqual([]);
  });

  it("reports a directory, and what is not there, and copies the rest", async () => {
    const report = await copyFiles(source, ["b", "nowhere", "a"], target);
    expect(report.failures.map(({ path, error }) => [path, error.code])).toEqual(
      expect.arrayContaining([
        ["b", "is-a-directory"],
        ["nowhere", "not-found"],
      ]),
    );
    expect(report.failures).toHaveLength(2);
    expect(await pathsOf(target)).toEqual(["a"]);
  });

  it("copies more files than may wait for their turn", async () => {
    const entries: WalkedEntry[] = [];
    for (let at = 0; at < 2_000; at++) {
      await source.put(`many/${at}`, "", { createParents: true });
      entries.push({ name: `${at}`, path: `many/${at}`, stat: { type: "file", sizeBytes: 0 } });
    }
    expect(await copyFiles(source, entries, target)).toMatchObject({ files: 2_000, directories: 2, failures: [] });
  });

  it("reports every file of a directory that cannot be made", async () => {
    await target.createPrefix();
    await target.put("b", "a file is in the way");
    const report = await copyFiles(source, ["b/c", "b/d/e", "a"], target);
    expect(report.failures.map(({ path, error }) => `${path} ${error.code}`).toSorted()).toEqual([
      "b/c already-exists",
      "b/d/e already-exists",
    ]);
    expect(report.files).toBe(1);
  });

  it("takes paths with dots as they are meant, and nothing above the base", async () => {
    expect((await copyFiles(source, ["./b/../a"], target)).files).toBe(1);
    expect(await pathsOf(target)).toEqual(["a"]);
    const report = await copyFiles(source.clone("b"), ["../a"], target);
    expect(report.failures.map(({ error }) => error.code)).toEqual(["outside-base"]);
  });
});
