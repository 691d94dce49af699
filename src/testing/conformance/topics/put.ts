import assert from "node:assert/strict";
import { Readable } from "node:stream";

import type { ByteSource } from "../../../transport/verb-options.ts";
import type { ConformanceTopic } from "../conformance-case.ts";
import { oddChunks, patternedBytes } from "../content.ts";

/** What `put` promises whether or not it is atomic. */
export const put: ConformanceTopic = {
  name: "put",
  needs: ["writable"],
  cases: [
    {
      name: "writes text as UTF-8 and returns the bytes written",
      async run({ write, expectContent }) {
        assert.equal(await write("file", "gr\u00fc\u00dfe \u{1f600}"), 12);
        await expectContent("file", "gr\u00fc\u00dfe \u{1f600}");
      },
    },
    {
      name: "writes bytes, also those of a part of a larger buffer",
      async run({ write, expectContent }) {
        const large = patternedBytes(4_000);
        assert.equal(await write("all", new Uint8Array(large)), 4_000);
        assert.equal(await write("part", large.subarray(1_000, 1_500)), 500);
        await expectContent("all", large);
        await expectContent("part", large.subarray(1_000, 1_500));
      },
    },
    {
      name: "writes what an async iterable gives, in chunks of any size, and reads it once",
      async run({ write, expectContent }) {
        const content = patternedBytes(2_345_679);
        let iterations = 0;
        const source = {
          [Symbol.asyncIterator]: () => {
            iterations++;
            return oddChunks(content);
          },
        };
        assert.equal(await write("file", source), content.length);
        assert.equal(iterations, 1);
        await expectContent("file", content);
      },
    },
    {
      name: "writes what a Readable gives",
      async run({ write, expectContent }) {
        const content = patternedBytes(700_001);
        assert.equal(await write("file", Readable.from(oddChunks(content))), content.length);
        await expectContent("file", content);
      },
    },
    {
      name: "writes an empty file from anything empty",
      async run({ write, transport }) {
        const empty: Record<string, ByteSource> = {
          text: "",
          bytes: new Uint8Array(),
          iterable: oddChunks(new Uint8Array()),
        };
        for (const [name, source] of Object.entries(empty)) {
          assert.equal(await write(name, source), 0);
          const { type, sizeBytes } = await transport.stat(name);
          assert.deepEqual([type, sizeBytes], ["file", 0]);
        }
      },
    },
    {
      name: "writes large bytes at once",
      async run({ write, expectContent }) {
        const content = patternedBytes(6 * 1024 * 1024 + 5);
        assert.equal(await write("file", content), content.length);
        await expectContent("file", content);
      },
    },
    {
      name: "replaces all of a file, by a shorter or a longer one",
      async run({ write, expectContent, expectNames }) {
        await write("file", patternedBytes(100_000));
        await write("file", "short");
        await expectContent("file", "short");
        await write("file", patternedBytes(200_000, 2));
        await expectContent("file", patternedBytes(200_000, 2));
        await expectNames(["file"]);
      },
    },
    {
      name: "keeps the caller's bytes as they were at the call, whatever becomes of the buffer later",
      async run({ write, expectContent }) {
        const bytes = Buffer.from("as it was");
        await write("file", bytes);
        bytes.fill(0);
        await expectContent("file", "as it was");
      },
    },
    {
      name: "in place writes the same, and replaces all of a file",
      async run({ transport, expectContent }) {
        const content = patternedBytes(400_003);
        assert.equal(await transport.put("file", oddChunks(content), { atomic: false }), content.length);
        await expectContent("file", content);
        assert.equal(await transport.put("file", "short", { atomic: false }), 5);
        await expectContent("file", "short");
      },
    },
    {
      name: "makes missing directories when asked, and needs none when they are there",
      needs: ["directories"],
      async run({ write, expectContent }) {
        await write("a/b/c/file", "deep", { createParents: true });
        await write("a/b/c/file", "again", { createParents: true });
        await write("a/b/other", oddChunks(Buffer.from("other")), { createParents: true });
        await expectContent("a/b/c/file", "again");
        await expectContent("a/b/other", "other");
      },
    },
    {
      name: "into a missing directory is not-found, and does not touch the source",
      needs: ["directories"],
      async run({ write, rejects, expectNames }) {
        let touched = false;
        const source = Readable.from(
          (async function* () {
            touched = true;
            yield Buffer.from("bytes");
          })(),
        );
        await rejects(write("missing/file", source), "not-found", { operation: "put", path: "missing/file" });
        assert.equal(touched, false);
        await expectNames([]);
      },
    },
    {
      name: "onto a directory is is-a-directory, and behind a file not-a-directory or not-found",
      needs: ["directories"],
      async run({ transport, seed, write, rejects, expectContent }) {
        await seed("dir/file", "inside");
        await transport.mkdir("empty");
        for (const path of ["dir", "empty", ""])
          await rejects(write(path, "x"), "is-a-directory", { operation: "put", path });
        await rejects(transport.put("dir", "x", { atomic: false }), "is-a-directory", {
          operation: "put",
          path: "dir",
        });
        await rejects(write("dir/file/below", "x"), ["not-a-directory", "not-found"]);
        await rejects(write("dir/file/below", "x", { createParents: true }), ["not-a-directory", "not-found"]);
        await expectContent("dir/file", "inside");
      },
    },
    {
      name: "gives a new file exactly the mode asked for, whatever the server's umask",
      needs: ["modes"],
      async run({ transport, write }) {
        for (const mode of [0o600, 0o644, 0o666, 0o777, 0o400, 0o750]) {
          await write(`file ${mode}`, "x", { mode });
          assert.equal((await transport.stat(`file ${mode}`)).mode, mode);
          await transport.put(`in place ${mode}`, "x", { mode, atomic: false });
          assert.equal((await transport.stat(`in place ${mode}`)).mode, mode);
        }
      },
    },
    {
      name: "keeps the mode of a file that it replaces, unless one is given",
      needs: ["modes"],
      async run({ transport, write }) {
        await write("file", "old", { mode: 0o640 });
        await write("file", "new");
        assert.equal((await transport.stat("file")).mode, 0o640);
        await transport.put("file", "in place", { atomic: false });
        assert.equal((await transport.stat("file")).mode, 0o640);
        await write("file", "other", { mode: 0o604 });
        assert.equal((await transport.stat("file")).mode, 0o604);
      },
    },
    {
      name: "sets the modification time that is given",
      needs: ["setsMtime"],
      async run({ transport, write }) {
        const mtime = new Date("2009-10-11T12:13:14Z");
        await write("file", "x", { mtime });
        assert.deepEqual((await transport.stat("file")).mtime, mtime);
        await transport.put("in place", "x", { mtime, atomic: false });
        assert.deepEqual((await transport.stat("in place")).mtime, mtime);
      },
    },
    {
      name: "has the content on the server's disk first when asked, or says that the server cannot be asked",
      async run({ write, rejects, expectContent }) {
        const writing = write("file", patternedBytes(100_001), { fsync: true });
        const [{ status }] = await Promise.allSettled([writing]);
        if (status === "rejected") return void (await rejects(writing, "unsupported", { operation: "put" }));
        assert.equal(await writing, 100_001);
        await expectContent("file", patternedBytes(100_001));
      },
    },
    {
      name: "refuses a mode, a time and a source that are none, before anything is sent",
      async run({ write, rejects, expectNames }) {
        for (const mode of [-1, 0o10000, 1.5, NaN])
          await rejects(write("file", "x", { mode }), "range-not-satisfiable", { operation: "put" });
        await rejects(write("file", "x", { mtime: new Date(NaN) }), "range-not-satisfiable");
        for (const source of [undefined, null, 42, {}, ["text"]]) {
          await rejects(write("file", source as unknown as ByteSource), "unsupported", { operation: "put" });
        }
        await expectNames([]);
      },
    },
    {
      name: "at the same time on different files writes each",
      async run({ write, expectContent }) {
        await Promise.all(
          Array.from({ length: 40 }, (_, index) =>
            write(`file ${index}`, oddChunks(patternedBytes(20_000, index + 1))),
          ),
        );
        for (let index = 0; index < 40; index++)
          await expectContent(`file ${index}`, patternedBytes(20_000, index + 1));
      },
    },
  ],
};
