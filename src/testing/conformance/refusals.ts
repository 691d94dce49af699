import assert from "node:assert/strict";

import type { ErrorCode } from "../../errors/error-code.ts";
import { isTransportError } from "../../errors/transport-error.ts";
import type { CaseContext } from "./case-context.ts";
import type { ConformanceCase, Need } from "./conformance-case.ts";
import { collect, patternedBytes } from "./content.ts";
import { changingCalls } from "./verb-calls.ts";

/** What is asserted where something is missing, so that no verb fails in silence. */
export const refusals: Readonly<Record<Need, Omit<ConformanceCase, "needs">>> = {
  writable: {
    name: "every verb that changes something is read-only, also on a missing path",
    async run(context) {
      const { transport, seed, rejects, expectContent } = context;
      await seed("dir/file", "content");
      for (const [operation, call] of Object.entries(changingCalls)) {
        for (const path of ["dir/file", "dir", "missing", "missing/deeper"])
          await rejects(call(transport, path), "read-only", { operation });
      }
      await expectContent("dir/file", "content");
      assert.equal(await transport.has("missing"), false);
      if (context.capabilities.listable) assert.deepEqual(await context.names("dir"), ["file"]);
    },
  },
  listable: unsupported("list is unsupported", ({ transport }) => [collect(transport.list())]),
  directories: unsupported("mkdir and rmdir are unsupported", ({ transport }) => [
    transport.mkdir("dir"),
    transport.rmdir("dir"),
  ]),
  append: unsupported("append is unsupported", ({ transport }) => [transport.append("file", "x")]),
  writeStream: unsupported("openWriteStream is unsupported", ({ transport }) => [transport.openWriteStream("file")]),
  atomicReplace: {
    name: "put is unsupported unless it is told that it need not be atomic",
    async run({ transport, rejects, expectContent }) {
      const error = await rejects(transport.put("file", "x"), "unsupported", { operation: "put", path: "file" });
      assert.match(error.hint ?? "", /atomic: false/);
      await transport.put("file", "in place", { atomic: false });
      await expectContent("file", "in place");
    },
  },
  rename: unsupported("rename is unsupported", ({ transport }) => [transport.rename("file", "other")]),
  serverCopy: {
    name: "copy goes through this process, and works all the same",
    async run({ transport, seed, expectContent }) {
      await seed("from", "content");
      await transport.copy("from", "to");
      await expectContent("to", "content");
    },
  },
  symlinks: unsupported("symlink and readlink are unsupported", ({ transport }) => [
    transport.symlink("x", "link"),
    transport.readlink("file"),
  ]),
  hardlinks: unsupported("hardlink is unsupported", ({ transport }) => [transport.hardlink("file", "other")]),
  modes: unsupported("setAttributes of a mode is unsupported", ({ transport }) => [
    transport.setAttributes("file", { mode: 0o600 }),
  ]),
  specialModes: unsupported("a mode with other bits than those of permission is unsupported", ({ transport }) => [
    transport.setAttributes("file", { mode: 0o4755 }),
    transport.put("file", "x", { mode: 0o2644 }),
    transport.mkdir("dir", { mode: 0o1777 }),
  ]),
  setsMtime: unsupported("setAttributes of a time is unsupported", ({ transport }) => [
    transport.setAttributes("file", { mtime: new Date(0) }),
  ]),
  lock: {
    name: "lock and what tells of locks is unsupported",
    async run({ transport, names, seed, capabilities, rejects }) {
      await seed("file", "content");
      const codes: readonly ErrorCode[] = capabilities.writable ? ["unsupported"] : ["unsupported", "read-only"];
      // Whether a server can do what it is built on may only be known once it was asked for.
      await rejects(transport.lock("file"), codes);
      await rejects(transport.lockInfo("file"), codes);
      await rejects(transport.breakLock("file", { id: "holder", holder: "nobody" }), codes);
      if (capabilities.listable) assert.deepEqual(await names(), ["file"]);
    },
  },
  caseSensitive: {
    name: "names that differ in case are one file",
    async run({ transport, write, names }) {
      await write("Name", "one");
      assert.equal(await transport.has("nAME"), true);
      await write("nAME", "two");
      assert.equal((await names()).length, 1);
    },
  },
  controlCharactersInNames: {
    name: "a name with a control character is refused, and nothing is written",
    async run({ write, rejects, names }) {
      for (const character of ["\u0001", "\n", "\r", "\u001b", "\u007f"]) {
        await rejects(write(`a${character}b`, "x"), ["invalid-path", "unsupported"]);
      }
      assert.deepEqual(await names(), []);
    },
  },
  local: {
    name: "localPath is not-local",
    async run({ transport }) {
      assert.throws(
        () => transport.localPath("file"),
        (error) => isTransportError(error, "not-local") && error.path === "file",
      );
    },
  },
  connected: {
    name: "there is nothing to report, connect or disconnect, and that is harmless",
    async run({ transport, seed }) {
      await seed("file", "content");
      assert.equal(transport.connectionReport(), undefined);
      await transport.connect();
      await transport.disconnect();
      await transport[Symbol.asyncDispose]();
      assert.equal(String(await transport.getBytes("file")), "content");
    },
  },
  concurrent: {
    name: "an operation waits for the stream that holds the wire, and goes on when that has ended",
    async run({ transport, seed }) {
      const content = patternedBytes(3 * 1024 * 1024);
      await seed("large", content);
      const order: string[] = [];
      const stream = await transport.get("large");
      const other = transport.stat("large").then(({ sizeBytes }) => {
        order.push("stat");
        assert.equal(sizeBytes, content.length);
      });
      for await (const chunk of stream as AsyncIterable<Buffer>)
        if (chunk.length > 0 && order.length < 1) order.push("data");
      await other;
      assert.deepEqual(order, ["data", "stat"]);
    },
  },
  server: {
    name: "no server counts, so that the transport's own report is all there is",
    async run({ transport }) {
      await transport.stat("");
      assert.ok((transport.connectionReport()?.wiresOpened ?? 0) >= 1);
    },
  },
};

function unsupported(
  name: string,
  calls: (context: CaseContext) => readonly Promise<unknown>[],
): Omit<ConformanceCase, "needs"> {
  return {
    name,
    async run(context) {
      await context.seed("file", "content");
      // What changes something is refused for that reason first.
      const codes: readonly ErrorCode[] = context.capabilities.writable
        ? ["unsupported"]
        : ["unsupported", "read-only"];
      await Promise.all(calls(context).map((call) => context.rejects(call, codes)));
      await context.expectContent("file", "content");
    },
  };
}
