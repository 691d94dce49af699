import assert from "node:assert/strict";

import type { Lock } from "../../../transport/lock.ts";
import type { ConformanceTopic } from "../conformance-case.ts";

export const locks: ConformanceTopic = {
  name: "lock",
  needs: ["writable", "lock"],
  cases: [
    {
      name: "is taken, held and given back, and leaves nothing behind",
      async run({ transport, seed, names, expectContent }) {
        await seed("file", "content");
        const lock = await transport.lock("file");
        assert.equal(lock.path, "file");
        await lock.release();
        await (await transport.lock("file")).release();
        assert.deepEqual(await names(), ["file"]);
        await expectContent("file", "content");
      },
    },
    {
      name: "that is held rejects every other with locked, and says who holds it",
      async run({ transport, open, rejects, lockHolder }) {
        const lock = await transport.lock("file");
        for (const other of [transport, transport.clone("."), open([])]) {
          const error = await rejects(other.lock("file"), "locked", { operation: "lock", path: "file" });
          assert.ok(error.message.includes(String(lockHolder)), error.message);
          assert.equal(error.temporary, true);
          assert.ok(error.hint !== undefined && error.hint.length > 0);
        }
        await lock.release();
        await (await open([]).lock("file")).release();
      },
    },
    {
      name: "wanted by twelve at once is given to one",
      async run({ transport, rejects }) {
        const results = await Promise.allSettled(Array.from({ length: 12 }, () => transport.lock("file")));
        const held = results.filter((result): result is PromiseFulfilledResult<Lock> => result.status === "fulfilled");
        assert.equal(held.length, 1);
        for (const result of results)
          if (result.status === "rejected") await rejects(Promise.reject(result.reason), "locked");
        await held[0]?.value.release();
      },
    },
    {
      name: "may be released twice, and the second time takes it from nobody",
      async run({ transport, rejects }) {
        const first = await transport.lock("file");
        await first.release();
        await using second = await transport.lock("file");
        await first.release();
        await first[Symbol.asyncDispose]();
        await rejects(transport.lock("file"), "locked");
        assert.equal(second.path, "file");
      },
    },
    {
      name: "that was broken and taken by another is not given back by the first",
      needs: ["listable", "directories"],
      async run({ transport, seed, rejects, names }) {
        await seed("file");
        const first = await transport.lock("file");
        for (const name of await names()) await transport.deleteTree(name);
        const second = await transport.lock("file");
        await rejects(first.release(), "locked", { operation: "lock", path: "file" });
        await rejects(transport.lock("file"), "locked");
        await second.release();
        assert.deepEqual(await names(), []);
      },
    },
    {
      name: "that could not be given back may be given back later; one that the server keeps stops the writes of others",
      needs: ["listable", "directories"],
      async run({ transport, open, rejects, names }) {
        const lock = await transport.lock("file");
        // What a server keeps it is known to keep once a lock was taken.
        if (transport.capabilities.lock === "token") {
          for (const atomic of [true, false]) {
            await rejects(open([]).put("file", "of another", { atomic }), "locked");
            assert.equal(await transport.put("file", "of the holder", { atomic }), 13);
          }
          await lock.release();
          await open([]).put("file", "of another");
          return;
        }
        if (transport.capabilities.lock === "condition") {
          const [name = ""] = await names();
          const note = await transport.getBytes(name);
          await transport.put(name, "of another program");
          await rejects(lock.release(), "locked", { operation: "lock", path: "file" });
          await rejects(open([]).lock("file"), "locked");
          await transport.put(name, note);
          await lock.release();
          assert.deepEqual(await names(), []);
          return;
        }
        const obstacles = (await names()).map((name) => `${name}/obstacle`);
        for (const path of obstacles) await transport.mkdir(path);
        await rejects(lock.release(), "directory-not-empty", { operation: "lock", path: "file" });
        for (const path of obstacles) await transport.rmdir(path);
        await lock.release();
        assert.deepEqual(await names(), []);
      },
    },
    {
      name: "that is held is told of by lockInfo, and one that is free is not",
      async run({ transport, open, seed, lockHolder }) {
        await seed("file", "content");
        assert.equal(await transport.lockInfo("file"), undefined);
        const lock = await transport.lock("file");
        const info = await open([]).lockInfo("file");
        assert.equal(info?.pid, lockHolder);
        assert.ok(info.since !== undefined && Math.abs(info.since.getTime() - Date.now()) < 60_000);
        for (const part of [info.user, info.host, info.program, String(info.pid)])
          assert.ok(part !== undefined && info.holder.includes(part), info.holder);
        assert.deepEqual(await transport.lockInfo("file"), info);
        await lock.release();
        assert.equal(await transport.lockInfo("file"), undefined);
      },
    },
    {
      name: "is broken by breakLock where it is the one that was looked at, and no other",
      async run({ transport, open, seed, rejects }) {
        await seed("file", "content");
        const other = open([]);
        const first = await transport.lock("file");
        const info = await other.lockInfo("file");
        assert.ok(info !== undefined);
        await other.breakLock("file", info);
        const second = await other.lock("file");
        await rejects(other.breakLock("file", info), "locked", { operation: "breakLock", path: "file" });
        await rejects(first.release(), "locked", { operation: "lock", path: "file" });
        const now = await transport.lockInfo("file");
        assert.ok(now !== undefined && now.id !== info.id);
        await second.release();
        await rejects(other.breakLock("file", now), "not-found", { operation: "breakLock", path: "file" });
      },
    },
    {
      name: "is waited for no longer than waitMs, and had as soon as it is given back",
      async run({ transport, open, seed, rejects }) {
        await seed("file", "content");
        const lock = await transport.lock("file");
        await rejects(open([]).lock("file", { waitMs: 1 }), "locked");
        const waiting = open([]).lock("file", { waitMs: 60_000 });
        await lock.release();
        await (await waiting).release();
      },
    },
    {
      name: "of one path leaves others free",
      async run({ transport, seed }) {
        await seed("dir/file");
        await using a = await transport.lock("a");
        await using b = await transport.lock("a-b");
        await using c = await transport.lock("dir/file");
        assert.deepEqual([a.path, b.path, c.path], ["a", "a-b", "dir/file"]);
      },
    },
    {
      name: "in a missing directory is not-found",
      needs: ["directories"],
      async run({ transport, rejects }) {
        await rejects(transport.lock("missing/file"), "not-found", { operation: "lock", path: "missing/file" });
      },
    },
  ],
};
