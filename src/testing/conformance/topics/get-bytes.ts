import assert from "node:assert/strict";

import type { ConformanceTopic } from "../conformance-case.ts";
import { patternedBytes } from "../content.ts";

export const getBytes: ConformanceTopic = {
  name: "getBytes",
  cases: [
    {
      name: "gives the whole file as a Buffer",
      async run({ transport, seed }) {
        for (const size of [0, 1, 32_768, 261_121, 1_048_577]) {
          const content = patternedBytes(size, size + 1);
          await seed(`${size} bytes`, content);
          const found = await transport.getBytes(`${size} bytes`);
          assert.ok(Buffer.isBuffer(found));
          assert.ok(content.equals(found), `${size} bytes`);
        }
      },
    },
    {
      name: "gives a range, which is short where the file ends",
      async run({ transport, seed }) {
        await seed("file", "0123456789");
        assert.equal(String(await transport.getBytes("file", { offset: 3, length: 4 })), "3456");
        assert.equal(String(await transport.getBytes("file", { offset: 7 })), "789");
        assert.equal(String(await transport.getBytes("file", { length: 2 })), "01");
        assert.equal(String(await transport.getBytes("file", { offset: 8, length: 50 })), "89");
        assert.equal(String(await transport.getBytes("file", { offset: 10, length: 1 })), "");
        assert.equal(String(await transport.getBytes("file", { offset: 99 })), "");
        assert.equal(String(await transport.getBytes("file", { offset: 3, length: 0 })), "");
      },
    },
    {
      name: "takes maxBytes, and refuses a byte more with no-space",
      async run({ transport, seed, rejects }) {
        await seed("file", "0123456789");
        await seed("large", patternedBytes(1_000_000));
        assert.equal((await transport.getBytes("file", { maxBytes: 10 })).length, 10);
        assert.equal((await transport.getBytes("file", { offset: 5, maxBytes: 5 })).length, 5);
        assert.equal((await transport.getBytes("large", { length: 9, maxBytes: 9 })).length, 9);
        await rejects(transport.getBytes("file", { maxBytes: 9 }), "no-space", { operation: "getBytes", path: "file" });
        await rejects(transport.getBytes("file", { maxBytes: 0 }), "no-space");
        await rejects(transport.getBytes("large", { maxBytes: 999_999 }), "no-space");
      },
    },
    {
      name: "gives bytes that are the caller's own",
      async run({ transport, seed }) {
        await seed("file", "unchanged");
        (await transport.getBytes("file")).fill(0);
        assert.equal(String(await transport.getBytes("file")), "unchanged");
      },
    },
    {
      name: "of what is missing is not-found, of a directory is-a-directory, of no range range-not-satisfiable",
      async run({ transport, seed, rejects }) {
        await seed("dir/file");
        await rejects(transport.getBytes("missing"), "not-found", { operation: "getBytes", path: "missing" });
        await rejects(transport.getBytes("missing/deeper"), "not-found");
        await rejects(transport.getBytes("dir"), "is-a-directory", { operation: "getBytes", path: "dir" });
        await rejects(transport.getBytes(""), "is-a-directory");
        await rejects(transport.getBytes("dir/file", { offset: -1 }), "range-not-satisfiable", {
          operation: "getBytes",
        });
      },
    },
  ],
};
