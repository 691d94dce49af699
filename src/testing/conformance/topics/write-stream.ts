import assert from "node:assert/strict";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { Readable, finished } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";

import type { ConformanceTopic } from "../conformance-case.ts";
import { oddChunks, patternedBytes } from "../content.ts";

export const writeStream: ConformanceTopic = {
  name: "openWriteStream",
  needs: ["writable", "writeStream"],
  cases: [
    {
      name: "has the file there and empty at once, also where one was",
      needs: ["concurrent"],
      async run({ transport, write }) {
        await write("old", "old content");
        for (const path of ["old", "new"]) {
          const stream = await transport.openWriteStream(path);
          assert.equal((await transport.stat(path)).sizeBytes, 0);
          await ended(stream);
        }
      },
    },
    {
      name: "to which nothing is written leaves an empty file, also where one was",
      async run({ transport, write }) {
        await write("old", "old content");
        for (const path of ["old", "new"]) {
          await ended(await transport.openWriteStream(path));
          assert.equal((await transport.stat(path)).sizeBytes, 0);
        }
      },
    },
    {
      name: "writes all that it is given, in chunks of any size",
      async run({ transport, expectContent }) {
        const content = patternedBytes(3_000_001);
        await pipeline(Readable.from(oddChunks(content)), await transport.openWriteStream("file"));
        await expectContent("file", content);
      },
    },
    {
      name: "shows readers on the same wire all that was written so far",
      needs: ["concurrent"],
      async run({ transport }) {
        const stream = await transport.openWriteStream("file");
        let written = "";
        for (const part of ["one", " two", " three"]) {
          await wrote(stream, part);
          written += part;
          assert.equal(String(await transport.getBytes("file")), written);
          assert.equal(String(await transport.clone(".").getBytes("file")), written);
        }
        await ended(stream);
      },
    },
    {
      name: "holds its writer back instead of the bytes",
      async run({ transport, expectContent }) {
        const stream = await transport.openWriteStream("file");
        const chunk = patternedBytes(64 * 1024);
        let [writes, waits] = [0, 0];
        while (writes < 100) {
          writes++;
          if (stream.write(chunk)) continue;
          waits++;
          await once(stream, "drain");
          assert.ok(stream.writableLength < 8 * 1024 * 1024);
        }
        await ended(stream);
        assert.ok(waits > 0, "6 MiB were taken without a wait");
        await expectContent("file", Buffer.concat(Array.from({ length: 100 }, () => chunk)));
      },
    },
    {
      name: "leaves the wire to others while it is open, or they are told of the deadlock",
      async run({ transport, seed, rejects }) {
        await seed("other", "other");
        const stream = await transport.openWriteStream("file");
        const other = transport.getBytes("other");
        const answered = await other.then(
          () => true,
          () => false,
        );
        if (answered) assert.equal(String(await other), "other");
        else await rejects(other, "would-deadlock");
        await ended(stream);
        assert.equal(String(await transport.getBytes("other")), "other");
      },
    },
    {
      name: "may be closed twice",
      async run({ transport, expectContent }) {
        const stream = await transport.openWriteStream("file");
        await wrote(stream, "content");
        stream.end();
        stream.end();
        await promisify(finished)(stream);
        stream.destroy();
        stream.destroy();
        await expectContent("file", "content");
      },
    },
    {
      name: "frees the file when it is destroyed in the middle",
      async run({ transport, expectNames }) {
        for (let times = 0; times < 30; times++) {
          const stream = await transport.openWriteStream("file");
          stream.write(patternedBytes(100_000));
          const closed = once(stream, "close");
          stream.destroy();
          await closed;
        }
        await expectNames(["file"]);
        await transport.delete("file");
        await expectNames([]);
      },
    },
    {
      name: "gives the file exactly the mode asked for, whether or not it is new",
      needs: ["modes"],
      async run({ transport }) {
        await ended(await transport.openWriteStream("file", { mode: 0o606 }));
        assert.equal((await transport.stat("file")).mode, 0o606);
        await ended(await transport.openWriteStream("file", { mode: 0o640 }));
        assert.equal((await transport.stat("file")).mode, 0o640);
        await ended(await transport.openWriteStream("file"));
        assert.equal((await transport.stat("file")).mode, 0o640);
      },
    },
    {
      name: "into a missing directory is not-found, onto a directory is-a-directory, at the call",
      needs: ["directories"],
      async run({ transport, rejects, expectNames }) {
        await transport.mkdir("dir");
        await rejects(transport.openWriteStream("missing/file"), "not-found", {
          operation: "openWriteStream",
          path: "missing/file",
        });
        await rejects(transport.openWriteStream("dir"), "is-a-directory", {
          operation: "openWriteStream",
          path: "dir",
        });
        await expectNames(["dir"]);
      },
    },
    {
      name: "may be open many times at once",
      async run({ transport, expectContent }) {
        const contents = Array.from({ length: 10 }, (_, index) => patternedBytes(50_001, index + 1));
        const writing = contents.map(async (content, index) =>
          pipeline(Readable.from(oddChunks(content)), await transport.openWriteStream(`file ${index}`)),
        );
        await Promise.all(writing);
        for (const [index, content] of contents.entries()) await expectContent(`file ${index}`, content);
      },
    },
  ],
};

/** Writes and waits until it is written. */
function wrote(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

async function ended(stream: Writable): Promise<void> {
  stream.end();
  await promisify(finished)(stream);
}
