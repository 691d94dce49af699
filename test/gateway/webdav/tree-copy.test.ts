import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { describe, expect, it } from "vitest";

import { TreeCopy } from "../../../src/gateway/webdav/tree-copy.ts";
import type { Entry } from "../../../src/index.ts";
import { TransportError, getTransport } from "../../../src/index.ts";
import { altered } from "../gateway-site.ts";

const nobody = new AbortController().signal;

describe("a copy of a tree through a gateway", () => {
  it("keeps of a hundred thousand files little more than their names", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const heapBytes = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const files = 100_000;
    let copies = 0;
    let during = 0;
    const tree = altered(getTransport("memory:///"), {
      mkdir: async () => undefined,
      async *list(): AsyncGenerator<Entry> {
        for (let at = 0; at < files; at++)
          yield { name: `a file ${at}`, path: `from/a file ${at}`, stat: { type: "file", sizeBytes: 1 } };
      },
      async copy() {
        if (++copies === 5_000) during = heapBytes();
      },
    });
    const before = heapBytes();
    expect(await new TreeCopy(tree, nobody).run("/from", "/to", true)).toEqual([]);
    expect(copies).toBe(files);
    expect((during - before) / files).toBeLessThan(400);
  });

  it("says once of a directory that cannot be made why, and copies the rest", async () => {
    const store = getTransport("memory:///");
    for (const path of ["from/a/b/c", "from/a/d", "from/e/f", "from/g"])
      await store.put(path, path, { createParents: true });
    const refusing = altered(store, {
      async mkdir(path) {
        if (path === "to/a") throw new TransportError("permission-denied", "nobody may");
        await store.mkdir(path);
      },
    });
    const failures = await new TreeCopy(refusing, nobody).run("/from", "/to", true);
    expect(failures).toEqual([{ href: "/to/a", status: 403 }]);
    const names: string[] = [];
    for await (const { name } of store.list("to")) names.push(name);
    expect(names.toSorted()).toEqual(["e", "g"]);
    expect(String(await store.getBytes("to/e/f"))).toBe("from/e/f");
  });

  it("ends where something goes wrong that no server said", async () => {
    const store = getTransport("memory:///");
    for (const path of ["from/a/b", "from/a/c"]) await store.put(path, path, { createParents: true });
    const broken = altered(store, {
      async mkdir(path) {
        if (path === "to/a") throw new RangeError("a mistake of ours");
      },
    });
    await expect(new TreeCopy(broken, nobody).run("/from", "/to", true)).rejects.toThrow("a mistake of ours");
  });
});
