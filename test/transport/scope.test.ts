import { describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { TransportScope, getTransport } from "../../src/index.ts";
import { memoryStore } from "../../src/schemes/memory/memory-store.ts";

describe("a scope", () => {
  it("is a list: functions that pass it on share its wires, and it does not grow with the paths", async () => {
    await using scope = new TransportScope();
    for (let n = 0; n < 50; n++) await getTransport(`memory://scope-list/${n}/`, scope).has("x");
    expect([...scope]).toHaveLength(1);
    expect(memoryStore("scope-list").accepted).toBe(1);
  });

  it("holds as many connections as it may, and closes the one used longest ago", async () => {
    await using scope = new TransportScope({ maxConnections: 2 });
    const first = scope.getTransport("memory://bound-1/");
    await first.has("x");
    await scope.getTransport("memory://bound-2/").has("x");
    scope.getTransport("memory://bound-1/again/");
    await scope.getTransport("memory://bound-3/").has("x");
    await expect.poll(() => memoryStore("bound-2").open).toBe(0);
    expect(await first.has("x")).toBe(false);
    expect([...scope].map((transport) => transport.base)).toEqual(["memory://bound-1/", "memory://bound-3/"]);
    expect(scope.report()).toMatchObject({ wiresOpened: 3, evicted: 1 });
  });

  it("uses the wires of an outer list, and leaves them open when it closes", async () => {
    const outer: Transport[] = [];
    const mine = getTransport("memory://outer/", outer);
    await mine.has("x");
    const scope = new TransportScope({ possibleTransports: outer });
    await scope.getTransport("memory://outer/deep/").has("x");
    await scope.close();
    expect(memoryStore("outer")).toMatchObject({ accepted: 1, open: 1 });
    await mine.disconnect();
  });

  it("nests: the innermost run decides, and an explicit list beats it", async () => {
    await using outer = new TransportScope();
    await using inner = new TransportScope();
    const list: Transport[] = [];
    await outer.run(async () => {
      await inner.run(async () => {
        getTransport("memory://nested/");
        getTransport("memory://explicit/", list);
        await Promise.resolve();
        getTransport("memory://after-await/");
      });
      getTransport("memory://outer-only/");
    });
    expect([...inner].map(({ base }) => base)).toEqual(["memory://nested/", "memory://after-await/"]);
    expect([...outer].map(({ base }) => base)).toEqual(["memory://outer-only/"]);
    expect(list).toHaveLength(1);
  });

  it("ends for good: its transports say closed, so does the scope, and closing twice is harmless", async () => {
    const scope = new TransportScope();
    const transport = scope.getTransport("memory://ended/");
    await transport.has("x");
    await Promise.all([scope.close(), scope.close()]);
    await expect(transport.has("x")).rejects.toMatchObject({ code: "closed" });
    expect(() => scope.run(() => 1)).toThrow(expect.objectContaining({ code: "closed" }));
    expect(scope.report().connections.map(({ state }) => state)).toEqual(["closed"]);
  });

  it("asks what was pushed that has no wire of its own, such as a decorator, and lends nothing past a boundary", async () => {
    await using scope = new TransportScope();
    const list: Transport[] = [];
    const guarded = getTransport("readonly+memory://guarded/a/", list);
    scope.push(guarded);
    expect(scope.getTransport("readonly+memory://guarded/a/b/").capabilities.writable).toBe(false);
    await scope.getTransport("memory://guarded/a/").has("x");
    expect(memoryStore("guarded").accepted).toBe(1);
    await guarded.has("x");
    expect(memoryStore("guarded").accepted).toBe(2);
    await guarded.disconnect();
  });

  it("takes a transport that is pushed beside another one on the same connection for the same", async () => {
    await using scope = new TransportScope({ maxConnections: 2 });
    const first = scope.getTransport("memory://same-1/");
    scope.push(first.clone("a"), first.clone("b"), first.clone("c"));
    scope.getTransport("memory://same-2/");
    await first.put("x", "content");
    expect([...scope]).toHaveLength(2);
    expect(scope.report()).toMatchObject({ evicted: 0, wiresOpened: 1 });
  });

  it("that closes a connection in use ends the operation first, and says closed to the next", async () => {
    await using scope = new TransportScope({ maxConnections: 1 });
    const first = scope.getTransport("memory://in-use/");
    await first.put("x", "content");
    const reading = first.getBytes("x");
    scope.getTransport("memory://in-use-too/");
    expect(String(await reading)).toBe("content");
    await expect(first.getBytes("x")).rejects.toMatchObject({
      code: "closed",
      operation: "getBytes",
      hint: expect.stringContaining("new transport") as string,
    });
    expect(String(await scope.getTransport("memory://in-use/").getBytes("x"))).toBe("content");
  });
});
