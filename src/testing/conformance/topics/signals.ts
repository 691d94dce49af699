import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";

import type { ConformanceTopic } from "../conformance-case.ts";
import { bytesOf, collect, patternedBytes } from "../content.ts";
import { changingCalls, readingCalls } from "../verb-calls.ts";

export const signals: ConformanceTopic = {
  name: "an aborted signal",
  cases: [
    {
      name: "rejects every reading verb with aborted",
      async run({ transport, seed, rejects }) {
        await seed("file");
        const signal = AbortSignal.abort();
        for (const [operation, call] of Object.entries(readingCalls))
          await rejects(call(transport, "file", { signal }), "aborted", { operation });
      },
    },
    {
      name: "rejects every changing verb with aborted, and nothing is changed",
      needs: ["writable", "listable"],
      async run({ transport, seed, rejects, expectNames, expectContent }) {
        await seed("file", "content");
        const signal = AbortSignal.abort();
        for (const [operation, call] of Object.entries(changingCalls)) {
          const error = await rejects(call(transport, "file", { signal }), "aborted", { operation });
          assert.equal(error.effect, "none", operation);
        }
        await expectNames(["file"]);
        await expectContent("file", "content");
      },
    },
    {
      name: "does not open a connection",
      needs: ["connected"],
      async run({ open, rejects }) {
        const fresh = open([]);
        await rejects(fresh.stat("", { signal: AbortSignal.abort() }), "aborted");
        assert.equal(fresh.connectionReport()?.wiresOpened, 0);
      },
    },
    {
      name: "tells its own reason as the cause",
      async run({ transport, rejects }) {
        const reason = new Error("enough");
        const error = await rejects(transport.stat("", { signal: AbortSignal.abort(reason) }), "aborted");
        assert.equal(error.cause, reason);
      },
    },
    {
      name: "in the middle of many verbs stops its own and no other",
      async run({ transport, seed, rejects }) {
        await seed("file", "content");
        const control = new AbortController();
        const calls = Array.from({ length: 60 }, (_, index) =>
          transport.getBytes("file", index % 3 === 0 ? { signal: control.signal } : {}),
        );
        control.abort();
        const expected = { operation: "getBytes", path: "file" };
        await Promise.all(
          calls.map(async (call, index) => {
            if (index % 3 === 0) await rejects(call, "aborted", expected);
            else assert.equal(String(await call), "content");
          }),
        );
      },
    },
    {
      name: "in the middle of a stream ends the stream, and no other",
      async run({ transport, seed, rejects }) {
        const content = patternedBytes(3_000_000);
        await seed("file", content);
        const control = new AbortController();
        const stream = await transport.get("file", { signal: control.signal });
        const reading = bytesOf(stream);
        control.abort();
        await rejects(reading, "aborted", { operation: "get" });
        assert.ok(content.equals(await bytesOf(await transport.get("file"))));
      },
    },
    {
      name: "ends a stream that nobody reads, and leaves the process alone",
      async run({ transport, seed, rejects }) {
        await seed("file", patternedBytes(3_000_000));
        const control = new AbortController();
        const stream = await transport.get("file", { signal: control.signal });
        control.abort();
        for (let turns = 0; turns < 20; turns++) await turn();
        await rejects(bytesOf(stream), "aborted", { operation: "get" });
      },
    },
    {
      name: "in the middle of readv or list ends the iteration",
      needs: ["listable"],
      async run({ transport, seed, rejects }) {
        await seed("dir/a", patternedBytes(1_000_000));
        await seed("dir/b");
        const ranges = Array.from({ length: 40 }, (_, index) => ({ offset: index * 20_000, length: 5 }));
        for (const iterate of [
          (signal: AbortSignal) => transport.readv("dir/a", ranges, { signal }),
          (signal: AbortSignal) => transport.list("dir", { signal }),
        ]) {
          const control = new AbortController();
          const items = iterate(control.signal)[Symbol.asyncIterator]();
          assert.equal((await items.next()).done, false);
          control.abort();
          await rejects(items.next(), "aborted");
          assert.equal((await items.next()).done, true);
        }
      },
    },
    {
      name: "in the middle of an atomic put leaves the old content, and closes the source",
      needs: ["writable", "atomicReplace", "listable"],
      async run({ transport, write, rejects, expectContent, expectNames }) {
        await write("file", "old");
        const control = new AbortController();
        let closed = false;
        const source = async function* (): AsyncGenerator<Uint8Array> {
          try {
            for (;;) {
              yield patternedBytes(50_000);
              control.abort();
              await turn();
            }
          } finally {
            closed = true;
          }
        };
        await rejects(transport.put("file", source(), { signal: control.signal }), "aborted", {
          operation: "put",
          path: "file",
        });
        while (!closed) await turn(); // The source is told at once, and ends when its own last step has.
        await expectContent("file", "old");
        await expectNames(["file"]);
      },
    },
    {
      name: "that comes after the answer changes nothing, and nothing listens to it any more",
      async run({ capabilities, transport, seed }) {
        await seed("file", "content");
        const control = new AbortController();
        const { signal } = control;
        await transport.stat("file", { signal });
        await transport.getBytes("file", { signal });
        await collect(transport.readv("file", [{ offset: 0, length: 1 }], { signal }));
        if (capabilities.listable) await collect(transport.list("", { signal }));
        await bytesOf(await transport.get("file", { signal }));
        await turn();
        assert.equal(getEventListeners(signal, "abort").length, 0);
        control.abort();
        assert.equal(String(await transport.getBytes("file")), "content");
      },
    },
  ],
};
