import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterEach, beforeEach, describe, it } from "vitest";

import type { Transport } from "../../../src/index.ts";
import { getTransport, isTransportError } from "../../../src/index.ts";

/** Pieces of all sizes, each full of its own byte. */
const pieces = Array.from({ length: 300 }, (_, index) => Buffer.alloc((index * 7919) % 70_000, index % 251));
const whole = Buffer.concat(pieces);

describe("what is written to a local file in pieces", () => {
  let directory: string;
  let transport: Transport;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "samewire-"));
    transport = getTransport(directory);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("may come in one buffer that its owner fills again for each", async () => {
    const buffer = Buffer.alloc(70_000);
    const reused = async function* (): AsyncGenerator<Uint8Array> {
      for (const piece of pieces) {
        piece.copy(buffer);
        yield buffer.subarray(0, piece.length);
      }
    };
    for (const options of [{}, { createParents: true }, { atomic: false }]) {
      assert.equal(await transport.put("file", reused(), options), whole.length);
      assert.ok((await readFile(join(directory, "file"))).equals(whole));
    }
    assert.equal(await transport.append("file", reused()), whole.length);
    assert.ok((await readFile(join(directory, "file"))).equals(Buffer.concat([whole, whole])));
  });

  it("arrives in order from a stream, and through a write stream", async () => {
    await transport.put("file", Readable.from(pieces));
    assert.ok((await readFile(join(directory, "file"))).equals(whole));
    await pipeline(Readable.from(pieces), await transport.openWriteStream("piped"));
    assert.ok((await readFile(join(directory, "piped"))).equals(whole));
    await pipeline(await transport.get("piped"), await transport.openWriteStream("copied"));
    assert.ok((await readFile(join(directory, "copied"))).equals(whole));
  });

  it("leaves nothing behind when its source fails while pieces are being written", async () => {
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield* pieces;
      throw new Error("the source is broken");
    };
    await assert.rejects(transport.put("file", failing()), /the source is broken/);
    assert.deepEqual(await readdir(directory), []);
  });

  it.runIf(process.platform === "linux")("fails with what the disk said, and asks its source for no more", async () => {
    let asked = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        asked++;
        yield Buffer.alloc(64 * 1024);
      }
    };
    await assert.rejects(getTransport("/dev").put("full", endless(), { atomic: false }), (error) =>
      isTransportError(error, "no-space"),
    );
    assert.ok(asked < 100, `${asked} pieces were asked for`);
  });
});

describe("a local file of which a listing told the length", () => {
  let directory: string;
  let transport: Transport;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "samewire-"));
    transport = getTransport(directory);
    await transport.put("file", "0123456789");
    await transport.put("large", whole);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("is read as it is now, whatever was expected", async () => {
    for (const expectedBytes of [0, 1, 9, 10, 11, 10_000, 2 ** 50])
      assert.equal(String(await transport.getBytes("file", { expectedBytes })), "0123456789", `${expectedBytes}`);
    for (const expectedBytes of [0, 1, whole.length - 1, whole.length, whole.length + 1, 2 ** 50])
      assert.ok((await transport.getBytes("large", { expectedBytes })).equals(whole), `${expectedBytes}`);
    await truncate(join(directory, "file"), 0);
    assert.equal((await transport.getBytes("file", { expectedBytes: 10 })).length, 0);
  });

  it("is read in part, and no further than was allowed", async () => {
    for (const expectedBytes of [0, 5, 10, 20]) {
      assert.equal(String(await transport.getBytes("file", { expectedBytes, offset: 4 })), "456789");
      assert.equal(String(await transport.getBytes("file", { expectedBytes, offset: 4, length: 3 })), "456");
      assert.equal(String(await transport.getBytes("file", { expectedBytes, offset: 10 })), "");
      assert.equal(String(await transport.getBytes("file", { expectedBytes, length: 0 })), "");
      assert.equal(String(await transport.getBytes("file", { expectedBytes, maxBytes: 10 })), "0123456789");
      await assert.rejects(transport.getBytes("file", { expectedBytes, maxBytes: 9 }), (error) =>
        isTransportError(error, "no-space"),
      );
    }
  });

  it("may be none any more", async () => {
    await transport.mkdir("dir");
    const refused = (path: string, code: "is-a-directory" | "not-found"): Promise<void> =>
      assert.rejects(transport.getBytes(path, { expectedBytes: 10 }), (error) => isTransportError(error, code));
    await refused("dir", "is-a-directory");
    await refused("missing", "not-found");
  });

  it.runIf(process.platform === "linux")(
    "may be one of the system's, which have no length and content all the same",
    async () => {
      const expected = await readFile("/proc/cpuinfo", "utf8");
      const read = String(await getTransport("/proc").getBytes("cpuinfo", { expectedBytes: 0 }));
      assert.equal(read.split("\n").length, expected.split("\n").length);
    },
  );
});
