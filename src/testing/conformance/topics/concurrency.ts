import assert from "node:assert/strict";

import type { CaseContext } from "../case-context.ts";
import type { ConformanceTopic } from "../conformance-case.ts";
import { bytesOf, collect, oddChunks, patternedBytes } from "../content.ts";

export const concurrency: ConformanceTopic = {
  name: "many verbs at once",
  cases: [
    {
      name: "each get their own answer, when all are alike",
      async run({ transport, seed }) {
        for (let index = 0; index < 10; index++) await seed(`file ${index}`, patternedBytes(index * 1_000, index));
        const answers = Array.from({ length: 100 }, async (_, index) => {
          const number = index % 10;
          assert.equal((await transport.stat(`file ${number}`)).sizeBytes, number * 1_000);
          assert.ok(patternedBytes(number * 1_000, number).equals(await transport.getBytes(`file ${number}`)));
        });
        await Promise.all(answers);
      },
    },
    {
      name: "each get their own answer, when a hundred are mixed",
      needs: ["writable", "directories", "listable", "atomicReplace"],
      async run(context) {
        const { transport, write } = context;
        await transport.mkdir("shared");
        await write("shared/file", patternedBytes(100_000));
        await Promise.all(Array.from({ length: 100 }, (_, index) => oneOfMany(context, index)));
        assert.equal((await context.names()).length, 1 + 17 + 17);
      },
    },
  ],
};

async function oneOfMany({ transport, write, rejects, expectContent }: CaseContext, index: number): Promise<void> {
  const shared = patternedBytes(100_000);
  switch (index % 6) {
    case 0:
      assert.equal(await write(`put ${index}`, oddChunks(patternedBytes(30_000, index))), 30_000);
      return await expectContent(`put ${index}`, patternedBytes(30_000, index));
    case 1:
      assert.ok(shared.equals(await transport.getBytes("shared/file")));
      return;
    case 2:
      await transport.clone(`dir ${index}/a/b`).createPrefix();
      await write(`dir ${index}/a/b/file`, "inside");
      return await transport.deleteTree(`dir ${index}/a`);
    case 3:
      await rejects(transport.stat(`missing ${index}`), "not-found", { path: `missing ${index}` });
      return;
    case 4:
      assert.deepEqual(
        (await collect(transport.list("shared"))).map(({ path }) => path),
        ["shared/file"],
      );
      return;
    default:
      assert.ok(shared.subarray(index).equals(await bytesOf(await transport.get("shared/file", { offset: index }))));
  }
}
