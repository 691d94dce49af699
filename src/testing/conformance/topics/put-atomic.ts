import assert from "node:assert/strict";

import { isTempName } from "../../../transport/temp-name.ts";
import type { ConformanceTopic } from "../conformance-case.ts";
import { failingAfter, oddChunks, patternedBytes } from "../content.ts";

/** The old content or the new, never a mix. That no temporary remains is checked after every case of the suite. */
export const putAtomic: ConformanceTopic = {
  name: "an atomic put",
  needs: ["writable", "atomicReplace"],
  cases: [
    {
      name: "whose source fails leaves the old content, and rejects with the source's own error as its cause",
      async run({ transport, write, rejects, expectContent, expectNames }) {
        await write("file", "old");
        const failure = new Error("the source broke");
        const error = await rejects(
          transport.put("file", failingAfter(patternedBytes(600_000), failure)),
          "unexpected",
          {
            operation: "put",
            path: "file",
          },
        );
        assert.equal(error.cause, failure);
        await expectContent("file", "old");
        await expectNames(["file"]);
      },
    },
    {
      name: "whose source fails at once leaves nothing where nothing was",
      async run({ transport, rejects, expectNames }) {
        await rejects(transport.put("file", failingAfter(Buffer.alloc(0), new Error("no bytes at all"))), "unexpected");
        await expectNames([]);
      },
    },
    {
      name: "whose source gives something else than bytes leaves the old content",
      async run({ transport, write, rejects, expectContent, expectNames }) {
        await write("file", "old");
        const source = (async function* (): AsyncGenerator<Uint8Array> {
          yield Buffer.from("new");
          yield 42 as unknown as Uint8Array;
        })();
        await rejects(transport.put("file", source), "unsupported", { operation: "put" });
        await expectContent("file", "old");
        await expectNames(["file"]);
      },
    },
    {
      name: "shows the old content until it is done, beside a temporary that can be recognised",
      async run({ capabilities, transport, open, write, expectContent }) {
        await write("file", "old");
        const onlooker = open([]);
        const seen: string[] = [];
        const source = async function* (): AsyncGenerator<Uint8Array> {
          for (let round = 0; round < 3; round++) {
            yield patternedBytes(100_000, round + 1);
            seen.push(String(await onlooker.getBytes("file")));
            if (!capabilities.listable) continue;
            for await (const { name } of onlooker.list()) assert.ok(name === "file" || isTempName(name), name);
          }
        };
        assert.equal(await transport.put("file", source()), 300_000);
        assert.deepEqual(seen, ["old", "old", "old"]);
        await expectContent("file", Buffer.concat([1, 2, 3].map((seed) => patternedBytes(100_000, seed))));
      },
    },
    {
      name: "is seen by readers as the old content or the new, and the file is never absent",
      async run({ transport, write }) {
        const contents = [patternedBytes(70_000, 1), patternedBytes(90_000, 2)] as const;
        await write("file", contents[0]);
        let writing = true;
        const read = async (): Promise<void> => {
          while (writing) {
            const found = await transport.getBytes("file");
            assert.ok(
              contents.some((content) => content.equals(found)),
              `${found.length} bytes of a mix`,
            );
          }
        };
        const replace = async (): Promise<void> => {
          for (let round = 1; round <= 20; round++)
            await transport.put("file", oddChunks(contents[round % 2] ?? contents[0]));
        };
        await Promise.all([read(), read(), replace().finally(() => (writing = false))]);
      },
    },
    {
      name: "at the same time as others on the same file leaves the content of one of them",
      async run({ transport, expectNames }) {
        const contents = Array.from({ length: 12 }, (_, index) => patternedBytes(150_000 + index, index + 1));
        const lengths = await Promise.all(contents.map((content) => transport.put("file", oddChunks(content))));
        assert.deepEqual(
          lengths,
          contents.map(({ length }) => length),
        );
        const found = await transport.getBytes("file");
        assert.ok(
          contents.some((content) => content.equals(found)),
          "the content is a mix",
        );
        await expectNames(["file"]);
      },
    },
    {
      name: "over a link replaces the link, and leaves what it led to",
      needs: ["symlinks"],
      async run({ transport, seed, expectContent }) {
        await seed("target", "target");
        await transport.symlink("target", "link");
        await transport.symlink("nowhere", "dangling");
        await transport.put("link", "new");
        await transport.put("dangling", "new");
        assert.equal((await transport.stat("link")).type, "file");
        assert.equal((await transport.stat("dangling")).type, "file");
        await expectContent("link", "new");
        await expectContent("target", "target");
        assert.equal(await transport.has("nowhere"), false);
      },
    },
    {
      name: "in place writes through a link",
      needs: ["symlinks"],
      async run({ transport, seed, expectContent }) {
        await seed("target", "target");
        await transport.symlink("target", "link");
        await transport.put("link", "new", { atomic: false });
        assert.equal((await transport.stat("link")).type, "link");
        await expectContent("target", "new");
      },
    },
    {
      name: "gives another name of the same file back its own content",
      needs: ["hardlinks"],
      async run({ transport, seed, expectContent }) {
        await seed("file", "old");
        await transport.hardlink("file", "other");
        await transport.put("file", "new");
        await expectContent("file", "new");
        await expectContent("other", "old");
      },
    },
    {
      name: "replaces a file that its mode forbids to write",
      needs: ["modes"],
      async run({ transport, write, expectContent }) {
        await write("file", "old", { mode: 0o400 });
        await transport.put("file", "new");
        await expectContent("file", "new");
        assert.equal((await transport.stat("file")).mode, 0o400);
      },
    },
  ],
};
