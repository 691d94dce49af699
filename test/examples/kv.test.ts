import { randomUUID } from "node:crypto";

import { describe, expect, it } from "vitest";

import { kvScheme } from "../../examples/kv/kv-scheme.ts";
import { kvStore } from "../../examples/kv/kv-store.ts";
import type { Transport } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import { defaultRegistry } from "../../src/extend.ts";
import { conformance } from "../../src/testing.ts";

defaultRegistry.registerScheme(kvScheme);

conformance(
  { describe, it },
  {
    name: "kv, a scheme of somebody else,",
    async open() {
      const name = randomUUID();
      const store = kvStore(name);
      store.values.set("/site/", Buffer.alloc(0)); // An empty directory.
      return {
        url: `kv://${name}/site/`,
        server: store,
        seed: async (path, content) => void store.values.set(`/site/${path}`, Buffer.from(content)),
        reread: async (path) => store.values.get(`/site/${path}`) ?? Buffer.alloc(0),
        close: async () => undefined,
      };
    },
  },
);

describe("kv, a scheme of somebody else,", () => {
  it("has one session for all URLs of a store, and takes the prefixes of every scheme", async () => {
    const store = kvStore("shared");
    store.values.set("/a/b", Buffer.from("content"));
    const list: Transport[] = [];
    expect(String(await getTransport("kv://shared/a/", list).getBytes("b"))).toBe("content");
    expect(await getTransport("chroot+kv://SHARED/a/", list).has("/b")).toBe(true);
    expect(store.accepted).toBe(1);
    expect(list).toHaveLength(1);
  });
});
