import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { straight } from "../../benchmarks/delay/network.ts";
import { boundOf } from "../../benchmarks/trees/bound.ts";
import { makeTree, manifestOf } from "../../benchmarks/trees/made-tree.ts";

describe("the tree that is copied", () => {
  const size = { files: 6, directories: 2, bytesPerFile: 100 };
  let folder = "";

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "samewire-tree-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("has the same manifest wherever it is made", async () => {
    const content = await makeTree(join(folder, "one"), size);
    await makeTree(join(folder, "other"), size);
    expect(content).toMatchObject({ directories: { length: 2 }, files: { length: 6 } });
    expect(await manifestOf(join(folder, "one"))).toBe(await manifestOf(join(folder, "other")));
  });

  it.each([
    ["a byte", (tree: string, path: string) => writeFile(join(tree, path), "another")],
    ["a name", (tree: string, path: string) => rename(join(tree, path), join(tree, `${path}x`))],
    ["a file", (tree: string, path: string) => rm(join(tree, path))],
    ["a temporary that is left", (tree: string) => writeFile(join(tree, ".temporary"), "")],
  ])("has another manifest where %s is different", async (_, change) => {
    const tree = join(folder, "tree");
    const { files } = await makeTree(tree, size);
    const before = await manifestOf(tree);
    await change(tree, files[0] as string);
    expect(await manifestOf(tree)).not.toBe(before);
  });
});

it("the bound of a tree has the handshake, the round trips that wait for one another, and the bytes", () => {
  const link = { roundTripMs: 20, downBytesPerMs: 1_000, upBytesPerMs: 500 };
  const size = { files: 500, directories: 50, bytesPerFile: 4_000 };
  const place = { scheme: "ftp", network: { ...straight, roundTripMs: 20 }, size } as const;
  expect(boundOf({ ...place, scheme: "sftp" }, "put", 1, 150, link)).toEqual({
    ...{ handshakeMs: 150, roundTrips: 2, bytesMs: 4_000, totalMs: 150 + 40 + 4_000 },
  });
  expect(boundOf(place, "put", 8, 150, link).roundTrips).toBe(1 + 7 + 188);
  expect(boundOf({ ...place, scheme: "dav" }, "get", 16, 150, link)).toMatchObject({ roundTrips: 37, bytesMs: 2_000 });
});
