import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";

import type { ConformanceTopic } from "../conformance-case.ts";
import { bytesOf, patternedBytes } from "../content.ts";

const mebibyte = 1024 * 1024;

export const get: ConformanceTopic = {
  name: "get",
  cases: [
    {
      name: "gives a Readable with the bytes of the file",
      async run({ transport, seed }) {
        const content = patternedBytes(70_001);
        await seed("file", content);
        const stream = await transport.get("file");
        assert.ok(stream instanceof Readable);
        assert.ok(content.equals(await bytesOf(stream)));
      },
    },
    {
      name: "gives every byte of a large file once, and nothing for an empty one",
      async run({ transport, seed }) {
        const content = patternedBytes(5 * mebibyte + 17);
        await seed("large", content);
        await seed("empty", "");
        assert.ok(content.equals(await bytesOf(await transport.get("large"))));
        assert.equal((await bytesOf(await transport.get("empty"))).length, 0);
      },
    },
    {
      name: "gives a range, which is short where the file ends",
      async run({ transport, seed }) {
        const content = patternedBytes(1_000);
        await seed("file", content);
        const ranges = [
          { offset: 0, length: 10 },
          { offset: 990 },
          { offset: 500, length: 1 },
          { offset: 990, length: 100 },
          { offset: 1_000, length: 5 },
          { offset: 2_000, length: 5 },
          { offset: 3_000 },
          { offset: 10, length: 0 },
          { length: 7 },
        ];
        for (const range of ranges) {
          const { offset = 0, length = Infinity } = range;
          const wanted = content.subarray(offset, offset + length);
          assert.deepEqual(
            await bytesOf(await transport.get("file", range)),
            Buffer.from(wanted),
            JSON.stringify(range),
          );
        }
      },
    },
    {
      name: "gives a range out of the middle of a large file",
      async run({ transport, seed }) {
        const content = patternedBytes(2 * mebibyte + 11);
        await seed("file", content);
        const range = { offset: 300_001, length: mebibyte + 3 };
        const wanted = content.subarray(range.offset, range.offset + range.length);
        assert.ok(wanted.equals(await bytesOf(await transport.get("file", range))));
      },
    },
    {
      name: "refuses a range that is none",
      async run({ transport, seed, rejects }) {
        await seed("file");
        for (const range of [{ offset: -1 }, { length: -1 }, { offset: 0.5 }, { offset: NaN }, { length: Infinity }]) {
          await rejects(transport.get("file", range), "range-not-satisfiable", { operation: "get", path: "file" });
        }
      },
    },
    {
      name: "of what is missing is not-found at the call, not in the stream",
      async run({ transport, seed, rejects }) {
        await seed("file");
        await rejects(transport.get("missing"), "not-found", { operation: "get", path: "missing" });
        await rejects(transport.get("missing/deeper"), "not-found", { operation: "get" });
        await rejects(transport.get("file/below"), ["not-found", "not-a-directory"], { operation: "get" });
      },
    },
    {
      name: "of a directory is is-a-directory, at the call or at the first read",
      async run({ transport, seed, rejects }) {
        await seed("dir/file");
        await rejects(transport.get("dir").then(bytesOf), "is-a-directory", { operation: "get" });
        await rejects(transport.get("").then(bytesOf), "is-a-directory", { operation: "get" });
      },
    },
    {
      name: "follows a link",
      needs: ["writable", "symlinks"],
      async run({ transport, seed, rejects }) {
        await seed("file", "behind the link");
        await transport.symlink("file", "link");
        await transport.symlink("nowhere", "dangling");
        assert.equal(String(await bytesOf(await transport.get("link"))), "behind the link");
        await rejects(transport.get("dangling"), "not-found", { operation: "get" });
      },
    },
    {
      name: "leaves the wire to others while its stream is unread, or they are told of the deadlock",
      async run({ transport, seed, rejects }) {
        await seed("large", patternedBytes(3 * mebibyte));
        await seed("small", "small");
        const unread = await transport.get("large");
        const other = transport.getBytes("small");
        const answered = await other.then(
          () => true,
          () => false,
        );
        if (answered) assert.equal(String(await other), "small");
        else await rejects(other, "would-deadlock");
        unread.destroy();
        assert.equal(String(await transport.getBytes("small")), "small");
      },
    },
    {
      name: "does not fetch the whole of a file that nobody reads",
      async run({ transport, seed }) {
        await seed("large", patternedBytes(16 * mebibyte));
        const before = transport.connectionReport()?.bytesReceived ?? 0;
        const unread = await transport.get("large");
        for (let turns = 0; turns < 200; turns++) await turn();
        assert.ok(unread.readableLength < 12 * mebibyte, `${unread.readableLength} bytes wait in the stream`);
        const received = (transport.connectionReport()?.bytesReceived ?? 0) - before;
        assert.ok(received < 12 * mebibyte, `${received} bytes were received`);
        unread.destroy();
      },
    },
    {
      name: "serves a reader that takes its time",
      async run({ transport, seed }) {
        const content = patternedBytes(mebibyte + 1);
        await seed("file", content);
        const chunks: Buffer[] = [];
        for await (const chunk of (await transport.get("file")) as AsyncIterable<Buffer>) {
          await turn();
          chunks.push(chunk);
        }
        assert.ok(content.equals(Buffer.concat(chunks)));
      },
    },
    {
      name: "frees everything when its stream is destroyed early",
      async run({ transport, seed }) {
        const content = patternedBytes(2 * mebibyte);
        await seed("file", content);
        for (let times = 0; times < 40; times++) {
          const stream = await transport.get("file");
          if (times % 2 === 0) for await (const chunk of stream as AsyncIterable<Buffer>) if (chunk.length > 0) break;
          stream.destroy();
        }
        assert.ok(content.equals(await transport.getBytes("file")));
      },
    },
    {
      name: "may be open many times at once",
      async run({ transport, seed, rejects }) {
        const content = patternedBytes(300_007);
        await seed("file", content);
        const reads = Array.from({ length: 10 }, async () => bytesOf(await transport.get("file")));
        for (const read of await Promise.allSettled(reads)) {
          if (read.status === "fulfilled") assert.ok(content.equals(read.value));
          else await rejects(Promise.reject(read.reason), "would-deadlock");
        }
      },
    },
  ],
};
