import assert from "node:assert/strict";

import type { ByteRange } from "../../../transport/verb-options.ts";
import type { CaseContext } from "../case-context.ts";
import type { ConformanceTopic } from "../conformance-case.ts";
import { collect, patternedBytes } from "../content.ts";

const size = 1_500_000;
const content = patternedBytes(size, 7);

export const readv: ConformanceTopic = {
  name: "readv",
  cases: [
    {
      name: "gives parts in the order asked: backwards, overlapping, twice, empty, near and far",
      async run(context) {
        await expectParts(context, [
          { offset: 1_400_000, length: 100 },
          { offset: 10, length: 20 },
          { offset: 15, length: 20 },
          { offset: 10, length: 20 },
          { offset: 500, length: 0 },
          { offset: 30, length: 1 },
          { offset: 0, length: 1 },
          { offset: size - 1, length: 1 },
          { offset: 9_000, length: 5_000 },
        ]);
      },
    },
    {
      name: "gives a part that is larger than any packet, and the whole file",
      async run(context) {
        await expectParts(context, [
          { offset: 3, length: 900_000 },
          { offset: 0, length: size },
        ]);
      },
    },
    {
      name: "gives 500 parts from all over the file",
      async run(context) {
        const ranges = Array.from({ length: 500 }, (_, index) => {
          const length = (index * 37) % 4_096;
          return { offset: (index * 7_919 * 131) % (size - length), length };
        });
        await expectParts(context, ranges);
      },
    },
    {
      name: "gives nothing for no parts, and an empty part anywhere in the file",
      async run({ transport, seed, rejects }) {
        await seed("file", "12345");
        assert.deepEqual(await collect(transport.readv("file", [])), []);
        const ends = [
          { offset: 0, length: 0 },
          { offset: 5, length: 0 },
        ];
        assert.deepEqual(await collect(transport.readv("file", ends)), [Buffer.alloc(0), Buffer.alloc(0)]);
        await rejects(collect(transport.readv("missing", [])), "not-found", { operation: "readv", path: "missing" });
      },
    },
    {
      name: "takes any iterable of parts",
      async run({ transport, seed }) {
        await seed("file", "0123456789");
        const parts = await collect(
          transport.readv(
            "file",
            new Set([
              { offset: 4, length: 2 },
              { offset: 1, length: 1 },
            ]),
          ),
        );
        assert.deepEqual(parts.map(String), ["45", "1"]);
      },
    },
    {
      name: "is a short-read where the file ends within a part or before it",
      async run({ transport, seed, rejects }) {
        await seed("file", "0123456789");
        for (const range of [
          { offset: 8, length: 3 },
          { offset: 10, length: 1 },
          { offset: 5_000, length: 10 },
          { offset: 0, length: 1_000_000 },
        ]) {
          await rejects(collect(transport.readv("file", [{ offset: 0, length: 2 }, range])), "short-read", {
            operation: "readv",
            path: "file",
          });
        }
        await seed("empty", "");
        await rejects(collect(transport.readv("empty", [{ offset: 0, length: 1 }])), "short-read");
      },
    },
    {
      name: "of what is missing is not-found, of a directory is-a-directory, of no range range-not-satisfiable",
      async run({ transport, seed, rejects }) {
        await seed("dir/file");
        const first = [{ offset: 0, length: 1 }];
        await rejects(collect(transport.readv("missing", first)), "not-found", { operation: "readv", path: "missing" });
        await rejects(collect(transport.readv("dir", first)), "is-a-directory", { operation: "readv", path: "dir" });
        await rejects(collect(transport.readv("dir/file", [{ offset: -1, length: 1 }])), "range-not-satisfiable", {
          operation: "readv",
        });
        await rejects(collect(transport.readv("dir/file", [{ offset: 0, length: 1.5 }])), "range-not-satisfiable");
      },
    },
    {
      name: "may be abandoned after any part, which frees the file",
      async run({ transport, seed }) {
        await seed("file", content);
        const ranges = Array.from({ length: 50 }, (_, index) => ({ offset: index * 29_000, length: 1_000 }));
        for (let times = 0; times < 30; times++) {
          for await (const part of transport.readv("file", ranges)) {
            assert.ok(part.equals(content.subarray(0, 1_000)));
            break;
          }
        }
        assert.equal((await transport.getBytes("file", { length: 5 })).length, 5);
      },
    },
    {
      name: "lets a loop over it use other verbs",
      async run({ transport, seed }) {
        await seed("file", "abc");
        await seed("a", "1");
        await seed("b", "2");
        const found: string[] = [];
        for await (const part of transport.readv("file", [
          { offset: 0, length: 1 },
          { offset: 1, length: 1 },
        ])) {
          found.push(String(await transport.getBytes(String(part))));
        }
        assert.deepEqual(found, ["1", "2"]);
      },
    },
    {
      name: "asks for nothing until it is iterated",
      async run({ transport, seed }) {
        const parts = transport.readv("later", [{ offset: 1, length: 2 }]);
        await seed("later", "abc");
        assert.deepEqual((await collect(parts)).map(String), ["bc"]);
      },
    },
  ],
};

async function expectParts({ transport, seed }: CaseContext, ranges: readonly ByteRange[]): Promise<void> {
  await seed("file", content);
  const parts = await collect(transport.readv("file", ranges));
  assert.equal(parts.length, ranges.length);
  for (const [index, { offset, length }] of ranges.entries()) {
    assert.ok(
      parts[index]?.equals(content.subarray(offset, offset + length)),
      `part ${index}: ${length} bytes at ${offset}`,
    );
  }
}
