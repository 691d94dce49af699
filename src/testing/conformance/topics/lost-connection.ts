import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";

import type { ConformanceTopic } from "../conformance-case.ts";
import { bytesOf, patternedBytes } from "../content.ts";

const mebibyte = 1024 * 1024;
const severedContent = [patternedBytes(200_000), patternedBytes(200_000, 2)] as const;

/** A network that fails in the middle of things: what is known is said, nothing hangs, and the next verb finds a wire. */
export const lostConnection: ConformanceTopic = {
  name: "a lost connection",
  needs: ["connected", "server"],
  cases: [
    {
      name: "repeats what is safe to repeat",
      async run({ transport, server, seed }) {
        await seed("file", "content");
        await transport.connect();
        const verbs = Array.from({ length: 20 }, async () => String(await transport.getBytes("file")));
        server.sever();
        assert.deepEqual(new Set(await Promise.all(verbs)), new Set(["content"]));
      },
    },
    {
      name: "ends a stream with connection-lost, and never as if the file were shorter",
      async run({ transport, server, seed, rejects }) {
        await seed("file", patternedBytes(24 * mebibyte));
        const stream = await transport.get("file");
        let chunks = 0;
        const read = async (): Promise<void> => {
          for await (const _chunk of stream) if (chunks++ === 0) server.sever();
        };
        await rejects(read(), "connection-lost", { operation: "get" });
        assert.equal((await transport.getBytes("file", { length: 3 })).length, 3);
      },
    },
    {
      name: "leaves the process alone when it ends a stream that nobody reads",
      async run({ transport, server, seed, rejects }) {
        await seed("file", patternedBytes(24 * mebibyte));
        const stream = await transport.get("file");
        server.sever();
        for (let turns = 0; turns < 50; turns++) await turn();
        await rejects(bytesOf(stream), "connection-lost", { operation: "get" });
      },
    },
    {
      name: "ends readv with connection-lost, or readv goes on with the right bytes",
      async run({ transport, server, seed, rejects }) {
        const content = patternedBytes(24 * mebibyte);
        await seed("file", content);
        const ranges = Array.from({ length: 20 }, (_, index) => ({ offset: index * mebibyte, length: mebibyte }));
        let parts = 0;
        const read = async (): Promise<void> => {
          for await (const part of transport.readv("file", ranges)) {
            assert.ok(part.equals(content.subarray(parts * mebibyte, (parts + 1) * mebibyte)));
            if (parts++ === 0) server.sever();
          }
        };
        const reading = read();
        const [{ status }] = await Promise.allSettled([reading]);
        if (status === "fulfilled") assert.equal(parts, ranges.length);
        else await rejects(reading, "connection-lost", { operation: "readv" });
      },
    },
    {
      name: "in the middle of an atomic put leaves the old content, or all of the new, and no temporary",
      needs: ["writable", "atomicReplace"],
      async run({ transport, server, write, rejects, expectContent, expectNames }) {
        await write("file", "old");
        const putting = transport.put("file", severing(server));
        // Who had gathered what it sends can send it again.
        const [{ status }] = await Promise.allSettled([putting]);
        const there = status === "fulfilled" ? Buffer.concat(severedContent) : Buffer.from("old");
        if (status === "rejected") {
          const error = await rejects(putting, "connection-lost", { operation: "put", path: "file" });
          assert.equal(error.temporary, true);
        }
        assert.ok((await transport.getBytes("file")).equals(there));
        await expectContent("file", there);
        await expectNames(["file"]);
      },
    },
    {
      name: "in the middle of what must not be repeated says that its effect is unknown",
      needs: ["writable", "append"],
      async run({ transport, server, write, rejects }) {
        await write("file", "old");
        const appending = transport.append("file", severing(server));
        const error = await rejects(appending, "connection-lost", { operation: "append", path: "file" });
        assert.equal(error.effect, "unknown");
        const writing = transport.put("other", severing(server), { atomic: false });
        assert.equal((await rejects(writing, "connection-lost", { operation: "put" })).effect, "unknown");
        assert.ok(String(await transport.getBytes("file")).startsWith("old"));
      },
    },
    {
      name: "fails a write stream, and leaves the wire of others whole",
      needs: ["writable", "writeStream"],
      async run({ transport, server, rejects, expectNames }) {
        const stream = await transport.openWriteStream("file");
        server.sever();
        const writing = new Promise<void>((resolve, reject) => {
          stream.on("error", reject);
          stream.on("finish", resolve);
          stream.end(patternedBytes(100_000));
        });
        await rejects(writing, "connection-lost", { operation: "openWriteStream" });
        await expectNames(["file"]);
      },
    },
    {
      name: "does not lose a lock that is held",
      needs: ["writable", "lock"],
      async run({ transport, server, rejects, expectNames }) {
        const lock = await transport.lock("file");
        server.sever();
        await transport.stat(""); // Repeated, so that what must not be repeated finds a wire.
        await rejects(transport.lock("file"), "locked");
        await lock.release();
        await expectNames([]);
      },
    },
    {
      name: "while idle is replaced once, for all (R22, R23)",
      async run({ open, server }) {
        const transport = open([]);
        await transport.stat("");
        server.sever();
        const verbs = Array.from({ length: 20 }, (_, index) => transport.clone(`dir ${index}`).has(""));
        assert.deepEqual(new Set(await Promise.all(verbs)), new Set([false]));
        assert.equal(transport.connectionReport()?.wiresOpened, 2);
        assert.equal(transport.connectionReport()?.wiresLost, 1);
      },
    },
  ],
};

/** A source in whose middle the connection is cut. */
async function* severing(server: { sever(): unknown }): AsyncGenerator<Uint8Array> {
  const [first, second] = severedContent;
  yield first;
  server.sever();
  yield second;
}
