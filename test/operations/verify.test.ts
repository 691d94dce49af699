import { createHash } from "node:crypto";

import type { ByteSource, PutOptions, Transport } from "samewire";
import { copyTree, getTransport, sync } from "samewire";
import { TransportDecorator } from "samewire/extend";
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
  },
);
