import type { Capabilities, Transport } from "samewire";
import { TransportError, copyFiles, copyTree, getTransport, sync } from "samewire";
import { TransportDecorator } from "samewire/extend";
import { faulty } from "samewire/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { treeOf } from "./sync-sites.ts";

let source: Transport;
let target: Transport;

beforeEach(() => {
  source = getTransport("memory:///");
  target = getTransport("memory:///");
});

async function write(transport: Transport, paths: readonly string[]): Promise<void> {
  for (const path of paths) await transport.put(path, path, { createParents: true });
}

describe("a file that a server takes for too large", () => {
  const full = new TransportError("no-space", "the server takes nothing as large as that");
  const large = "large ".repeat(20_000);

  it.each(Object.entries({ copyTree, sync }))("is one failure of %s, and the rest goes on", async (_name, work) => {
    await source.put("a-large", large);
    await write(source, ["b", "c/d"]);
    const limited = faulty(target, ({ verb, path }) => (verb === "put" && path === "a-large" ? full : undefined));
    const { files, failures } = await work(source, limited);
    expect({ files, failures }).toMatchObject({
      files: 2,
      failures: [{ path: "a-large", error: { code: "no-space" } }],
    });
  });

  it("is not what a full disk is, which has no room for a small one: that ends everything", async () => {
    await source.put("a-large", large);
    await write(source, ["b"]);
    const limited = faulty(target, ({ verb }) => (verb === "put" ? full : undefined));
    await expect(copyTree(source, limited)).rejects.toMatchObject({ code: "no-space" });
  });
});

/** A target that does not tell upper from lower case, and would put what differs in that alone into one place. */
class CaseBlind extends TransportDecorator {
  readonly prefix = "case-blind";
  readonly boundary = false;
  protected around(inner: Transport): CaseBlind {
    return new CaseBlind(inner);
  }
  override get capabilities(): Capabilities {
    return { ...super.capabilities, caseSensitive: false };
  }
}

describe("names that are one in the target", () => {
  const failed = ({ failures }: { readonly failures: readonly { path: string; error: TransportError }[] }): unknown =>
    failures.map(({ path, error }) => [path, error.code]);

  it("are reported by a copy of a tree, also those of directories and links, and the first one is kept", async () => {
    await write(source, ["Dir/file", "dir/file", "README", "readme"]);
    await source.symlink("README", "Link");
    await source.symlink("readme", "link");
    const report = await copyTree(source, new CaseBlind(target));
    expect(failed(report)).toHaveLength(3);
    expect(Object.keys(await treeOf(target)).map((path) => path.toLowerCase())).toEqual(
      expect.arrayContaining(["dir/", "dir/file", "link", "readme"]),
    );
    expect(Object.keys(await treeOf(target))).toHaveLength(4);
  });

  it("are reported by a copy of files for each file below the second directory", async () => {
    await write(source, ["Dir/a", "dir/b", "dir/c"]);
    const report = await copyFiles(source, ["Dir/a", "dir/b", "dir/c"], new CaseBlind(target));
    expect(failed(report)).toEqual([
      ["dir/b", "already-exists"],
      ["dir/c", "already-exists"],
    ]);
  });

  it("stay reported where a copy goes on, and nothing is written over", async () => {
    await write(source, ["README", "readme"]);
    const blind = new CaseBlind(target);
    await copyTree(source, blind, { preserve: { mtime: true } });
    expect(await copyTree(source, blind, { resume: true })).toMatchObject({
      files: 0,
      unchanged: 1,
      failures: [{ error: { code: "already-exists" } }],
    });
  });
});
