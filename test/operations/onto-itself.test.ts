import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ByteSource, PutOptions, Transport } from "samewire";
import { copyTree, getTransport, sync } from "samewire";
import { TransportDecorator } from "samewire/extend";
import { faulty } from "samewire/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { syncSites } from "./sync-sites.ts";

let folder: string;
const at = (path: string): Transport => getTransport(join(folder, path));
const everything = (): readonly string[] => readdirSync(folder, { recursive: true }).map(String).toSorted();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "samewire-itself-"));
  mkdirSync(join(folder, "real/in"), { recursive: true });
  writeFileSync(join(folder, "real/in/file"), "content");
  symlinkSync("real", join(folder, "alias"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("a copy of a local directory onto or into itself", () => {
  it.each([
    ["through a link", "alias"],
    ["through a link, to what is not there yet", "alias/new/deeper"],
    ["by its own name", "real/in"],
  ])("is refused %s", async (_title, target) => {
    const before = everything();
    for (const copy of [copyTree, sync])
      await expect(copy(at("real"), at(target), { atomic: false })).rejects.toMatchObject({ code: "invalid-path" });
    expect(everything()).toEqual(before);
  });

  it("is refused through a prefix", async () => {
    const source = getTransport(`readonly+file://${folder}/real`);
    await expect(copyTree(source, at("real/in/copy"))).rejects.toMatchObject({ code: "invalid-path" });
  });

  it("is none where only the names begin alike, or the target leads out of it", async () => {
    symlinkSync("../elsewhere", join(folder, "real/out"));
    mkdirSync(join(folder, "elsewhere"));
    await copyTree(at("real/in"), at("real/in2"));
    await copyTree(at("real/in"), at("real/out"));
    expect(readFileSync(join(folder, "real/in2/file"), "utf8")).toBe("content");
    expect(readFileSync(join(folder, "elsewhere/file"), "utf8")).toBe("content");
  });
});

it("a file that is written over in place is read first where it may be itself, by another name on its server", async () => {
  await using site = await syncSites["sftp"]!();
  const content = "more than is held in memory as a whole ".repeat(20_000);
  await site.plain.put("real/file", content, { createParents: true });
  await site.plain.symlink("real", "alias");
  const { files, failures } = await copyTree(site.plain.clone("real"), site.plain.clone("alias"), { atomic: false });
  expect({ files, failures }).toEqual({ files: 1, failures: [] });
  expect(String(await site.plain.getBytes("real/file"))).toBe(content);
});

it("a file that is lost with the connection while it is written over itself is not reported as copied", async () => {
  const store = getTransport("memory:///");
  await store.put("file", "content");
  let cuts = 0;
  const target = faulty(store, ({ verb }) => (verb === "put" && cuts++ === 0 ? "after" : undefined));
  const cut = new (class extends TransportDecorator {
    readonly prefix = "cut";
    readonly boundary = false;
    protected around(): TransportDecorator {
      return this;
    }
    override put(path: string, _content: ByteSource, options?: PutOptions): Promise<number> {
      return this.inner.put(path, "con", options);
    }
  })(target);
  const { files, failures } = await copyTree(store, cut, { atomic: false });
  expect({ files, failures }).toMatchObject({
    files: 0,
    failures: [{ path: "file", error: { code: "connection-lost" } }],
  });
});
