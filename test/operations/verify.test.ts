import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ByteSource, PutOptions, Transport } from "samewire";
import { TransportError, copyTree, getTransport, sync } from "samewire";
import { TransportDecorator } from "samewire/extend";
import { faulty } from "samewire/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { verifyCopy } from "../../src/operations/verify.ts";

const sha256 = (content: string): string => createHash("sha256").update(content).digest("hex");
let source: Transport;
let target: Transport;

beforeEach(async () => {
  source = getTransport("memory:///");
  target = getTransport("memory:///");
  await source.put("f", "content");
  await target.put("f", "content");
});

const verify = (how: "none" | "size" | "content", written: { sizeBytes: number; sha256?: string }): Promise<void> =>
  verifyCopy(source, target, "f", written, how, undefined);

describe("verifyCopy", () => {
  it("asks nothing where it is not to", async () => {
    await target.delete("f");
    await expect(verify("none", { sizeBytes: 7 })).resolves.toBeUndefined();
  });

  it("finds a copy of another length by its length, and one of the same by its content", async () => {
    await expect(verify("size", { sizeBytes: 7 })).resolves.toBeUndefined();
    await expect(verify("content", { sizeBytes: 7 })).resolves.toBeUndefined();
    await target.put("f", "CONTENT");
    await expect(verify("size", { sizeBytes: 7 })).resolves.toBeUndefined();
    await expect(verify("content", { sizeBytes: 7 })).rejects.toMatchObject({ code: "protocol-error", path: "f" });
    await target.put("f", "short");
    await expect(verify("size", { sizeBytes: 7 })).rejects.toMatchObject({ code: "protocol-error", effect: "done" });
  });

  it("says that a copy is wrong also where it cannot be deleted", async () => {
    target = faulty(target, ({ verb }) =>
      verb === "delete" ? new TransportError("permission-denied", "no") : undefined,
    );
    await expect(verify("size", { sizeBytes: 8 })).rejects.toMatchObject({
      code: "protocol-error",
      hint: expect.stringContaining("could not be deleted"),
      cause: { code: "permission-denied" },
    });
  });

  it("does not read the source again where the digest of what was written is known", async () => {
    await source.delete("f");
    await expect(verify("content", { sizeBytes: 7, sha256: sha256("content") })).resolves.toBeUndefined();
    await expect(verify("content", { sizeBytes: 7, sha256: sha256("other") })).rejects.toMatchObject({
      code: "protocol-error",
    });
  });
});

/** A target whose disk turns a bit. */
class Corrupting extends TransportDecorator {
  readonly prefix = "corrupting";
  readonly boundary = false;
  protected around(): TransportDecorator {
    throw new Error("a copy makes no other transport");
  }
  override async put(path: string, content: ByteSource, options?: PutOptions): Promise<number> {
    const written = await super.put(path, content, options);
    const bytes = await this.inner.getBytes(path);
    if (path === "bad") bytes[0] = (bytes[0] ?? 0) ^ 1;
    await this.inner.put(path, bytes, { mtime: options?.mtime });
    return written;
  }
}

it.each(Object.entries({ copyTree, sync }))(
  "%s reports a copy that is not what was written, where that is asked for",
  async (_name, copy) => {
    await source.put("bad", "a large file ".repeat(100_000));
    const corrupting = new Corrupting(getTransport("memory:///"));
    expect((await copy(source, corrupting, { verify: "size" })).failures).toEqual([]);
    await corrupting.deleteTree("bad");
    const { failures } = await copy(source, corrupting, { verify: "content" });
    expect(failures).toMatchObject([{ path: "bad", error: { code: "protocol-error" } }]);
    expect(await corrupting.has("bad")).toBe(false);
  },
);

it("a copy that was found to be wrong is copied again by the next sync, and not taken for a good one", async () => {
  const content = "a large file ".repeat(100_000);
  await source.put("bad", content);
  const healing = getTransport("memory:///");
  expect((await sync(source, new Corrupting(healing), { verify: "content" })).failures).toHaveLength(1);
  expect(await sync(source, healing, { verify: "content" })).toMatchObject({ files: 1, unchanged: 1, failures: [] });
  expect(String(await healing.getBytes("bad"))).toBe(content);
});

it("a file that has grown since it was listed is no wrong copy where the system copies it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "samewire-verify-"));
  try {
    mkdirSync(join(folder, "from"));
    const log = join(folder, "from/log");
    writeFileSync(log, "a line\n".repeat(100_000));
    const filter = (): boolean => {
      appendFileSync(log, "and more\n");
      return true;
    };
    const [from, to] = [getTransport(join(folder, "from")), getTransport(join(folder, "to"))];
    expect(await copyTree(from, to, { verify: "size", filter })).toMatchObject({ files: 1, failures: [] });
    expect(statSync(join(folder, "to/log")).size).toBe(700_009);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
