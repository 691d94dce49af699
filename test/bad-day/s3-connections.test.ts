import { finished } from "node:stream/promises";

import { describe, expect, it } from "vitest";

import type { Effect, ErrorCode, Transport } from "../../src/index.ts";
import type { S3OperationName, S3Reaction } from "../../src/testing.ts";
import { bucket, names, s3Days } from "./s3-day.ts";

const mebibyte = 1024 * 1024;

/** More than goes in one request; cannot be read a second time. */
async function* large(pieces = 40): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < pieces; n++) {
    await Promise.resolve();
    yield Buffer.alloc(mebibyte, "new");
  }
}

const cut: S3Reaction = "drop";
const silent: S3Reaction = "silence";
const cutHalf: S3Reaction = { takes: mebibyte, next: "drop" };
const stallHalf: S3Reaction = { takes: mebibyte, next: "silence" };

describe("a bad day with s3: connections", () => {
  const day = s3Days();

  const verbs: Record<string, [S3OperationName | "anything", (transport: Transport) => Promise<unknown>, Effect]> = {
    list: ["ListObjectsV2", (transport) => names(transport), "none"],
    stat: ["anything", (transport) => transport.stat("file"), "none"],
    get: ["GetObject", (transport) => transport.get("file"), "none"],
    getBytes: ["GetObject", (transport) => transport.getBytes("file"), "none"],
    put: ["PutObject", (transport) => transport.put("file", "new"), "unknown"],
    delete: ["DeleteObject", (transport) => transport.delete("file"), "unknown"],
    copy: ["CopyObject", (transport) => transport.copy("file", "copy"), "unknown"],
    mkdir: ["PutObject", (transport) => transport.mkdir("directory"), "unknown"],
  };
  const ends: Record<string, [S3Reaction, ErrorCode]> = {
    "the connection is cut, again and again": [cut, "connection-lost"],
    "nothing is said": [silent, "timeout"],
  };
  const stages = Object.entries(verbs).flatMap(([verb, [operation, work, effect]]) =>
    Object.entries(ends).map(
      ([what, [reaction, code]]) => [verb, what, operation, reaction, code, work, effect] as const,
    ),
  );
  it.each(stages)(
    "%s, where %s, is over within its limit",
    async (verb, _what, operation, reaction, code, work, effect) => {
      const { server, witness } = day();
      await server.write(bucket, "file", "old");
      const transport = day().transport();
      await transport.connect();
      day().on(operation, reaction);
      await witness.failure(work(transport), { code, operation: verb, effect, says: /connection|answer|silen/ });
      expect(String(await server.read(bucket, "file"))).toBe("old");
      await day().works(transport);
    },
  );

  it.each(["list", "getBytes", "stat"] as const)(
    "%s, where the connection is cut once, is done again",
    async (verb) => {
      const { server } = day();
      await server.write(bucket, "file", "old");
      const transport = day().transport();
      await transport.connect();
      const [operation, work] = verbs[verb] as (typeof verbs)[string];
      let asked = 0;
      day().on(operation, () => (asked++ === 0 ? cut : "answer"));
      await work(transport);
      expect(asked).toBe(2);
    },
  );

  it("an object that is cut off in the middle is an error, and no short file", async () => {
    const { witness } = day();
    const transport = day().transport();
    await transport.connect();
    const headers = { "content-length": "1000", etag: '"x"' };
    day().on("GetObject", { status: 200, headers, body: Buffer.alloc(1000), cutAfter: 500 });
    const stream = await transport.get("file");
    const reading = finished(stream.resume());
    await witness.failure(reading, { code: "connection-lost", operation: "get", says: /connection/ });
    await day().works(transport);
  });

  it("an object that stops in the middle is given up within its limit", async () => {
    const { witness } = day();
    const transport = day().transport();
    await transport.connect();
    const headers = { "content-length": "1000", etag: '"x"' };
    day().on("GetObject", { status: 200, headers, body: Buffer.alloc(500) });
    const stream = await transport.get("file");
    await witness.failure(finished(stream.resume()), { code: "timeout", operation: "get", says: /silen|bytes|answer/ });
    await day().works(transport);
  });

  describe("a put in parts", () => {
    // What could still be given up was not complete.
    const steps: readonly [string, S3OperationName, S3Reaction, ErrorCode][] = [
      ["the beginning is cut", "CreateMultipartUpload", cut, "connection-lost"],
      ["the beginning is not answered", "CreateMultipartUpload", silent, "timeout"],
      ["a part is cut off", "UploadPart", cutHalf, "connection-lost"],
      ["a part is no longer taken", "UploadPart", stallHalf, "timeout"],
      ["a part is not answered", "UploadPart", silent, "timeout"],
      ["the answer to a part is cut off", "UploadPart", "drop-after", "connection-lost"],
      ["the completion is cut", "CompleteMultipartUpload", cut, "connection-lost"],
      ["the completion is not answered", "CompleteMultipartUpload", silent, "timeout"],
    ];
    it.each(steps)("of which %s leaves what was there, and no upload", async (_name, operation, reaction, code) => {
      const { server, witness } = day();
      await server.write(bucket, "file", "old");
      const transport = day().transport();
      await transport.connect();
      day().on(operation, reaction);
      if (operation === "UploadPart") day().stall();
      const put = transport.put("file", large());
      await witness.failure(put, { code, operation: "put", path: "file", says: /connection|answer|silen/ });
      expect(String(await server.read(bucket, "file"))).toBe("old");
      await day().works(transport);
      expect(server.uploads(bucket)).toEqual([]);
    });

    it("whose completion is done, but never answered, says that it may have taken effect, as it has", async () => {
      const { server, witness } = day();
      await server.write(bucket, "file", "old");
      const transport = day().transport();
      await transport.connect();
      day().on("CompleteMultipartUpload", "drop-after");
      const error = await transport.put("file", large()).catch((reason: unknown) => reason);
      witness.hear(error);
      // Whoever asks again is told that there is no such upload: it may be complete.
      expect(error === 40 * mebibyte || (error as { effect?: Effect }).effect === "unknown").toBe(true);
      expect((await server.read(bucket, "file"))?.length).toBe(40 * mebibyte);
      await day().works(transport);
    });

    it("whose abort is refused is cleared up later", async () => {
      const { server, witness } = day();
      const transport = day().transport();
      await transport.connect();
      day().on("UploadPart", cutHalf);
      day().on("AbortMultipartUpload", { status: 500, body: "" });
      await witness.failure(transport.put("file", large()), {
        code: "connection-lost",
        operation: "put",
        says: /connection/,
      });
      await day().works(transport);
      await transport.put("another", large());
      expect(server.uploads(bucket)).toEqual([]);
    });

    it.each(["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"] as const)(
      "that is aborted at %s leaves what was there, and no upload",
      async (operation) => {
        const { server, witness } = day();
        await server.write(bucket, "file", "old");
        const transport = day().transport({ silenceTimeoutMs: 10_000 });
        await transport.connect();
        const abort = new AbortController();
        if (operation === "UploadPart") day().stall();
        day().on(operation, () => {
          setImmediate(() => abort.abort());
          return "silence";
        });
        const put = transport.put("file", large(), { signal: abort.signal });
        await witness.failure(put, { code: "aborted", operation: "put", effect: "none", says: /aborted/ });
        expect(String(await server.read(bucket, "file"))).toBe("old");
        await day().works(transport);
      },
    );

    it("whose source fails rejects with that, and leaves no upload", async () => {
      const { server, witness } = day();
      const transport = day().transport();
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield* large(20);
        throw new RangeError("the source failed");
      }
      const put = transport.put("file", failing());
      await witness.failure(put, { code: "unexpected", operation: "put", says: /the source failed/ });
      expect([server.keys(bucket), server.uploads(bucket)]).toEqual([[], []]);
    });

    it("a part of which is cut once is sent again", async () => {
      const { server } = day();
      const transport = day().transport();
      await transport.connect();
      let parts = 0;
      day().on("UploadPart", () => (++parts === 2 ? cutHalf : "answer"));
      expect(await transport.put("file", large())).toBe(40 * mebibyte);
      expect((await server.read(bucket, "file"))?.length).toBe(40 * mebibyte);
      expect(server.uploads(bucket)).toEqual([]);
    });

    it("a slow source never times out", async () => {
      async function* slow(): AsyncGenerator<Uint8Array> {
        for (let n = 0; n < 3; n++) {
          await new Promise((resolve) => setTimeout(resolve, 1_200));
          yield Buffer.alloc(6 * mebibyte);
        }
      }
      const transport = day().transport({ silenceTimeoutMs: 900 });
      expect(await transport.put("file", slow())).toBe(18 * mebibyte);
    });

    it("a source that uses its buffer again is stored as it was", async () => {
      const { server } = day();
      const buffer = Buffer.alloc(mebibyte);
      async function* reusing(): AsyncGenerator<Uint8Array> {
        for (let n = 0; n < 20; n++) {
          await Promise.resolve();
          yield buffer.fill(n);
        }
      }
      const expected = Buffer.concat(Array.from({ length: 20 }, (_, n) => Buffer.alloc(mebibyte, n)));
      await day().transport().put("file", reusing());
      expect((await server.read(bucket, "file"))?.equals(expected)).toBe(true);
    });
  });
});
