import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { TraceTransport, getTransport } from "../../src/index.ts";
import { ConnectedTransport } from "../../src/extend.ts";

describe("a boundary", () => {
  it("answers with nothing that can write, by whatever way one asks", async () => {
    const list: Transport[] = [];
    const writable = getTransport("memory://boundary/", list);
    await writable.put("file", "content");
    for (const prefix of ["readonly+", "readonly+noop+", "noop+readonly+", "trace+readonly+noop+"]) {
      const guarded = getTransport(`${prefix}memory://boundary/a/`, list);
      const reached = [
        guarded.clone(),
        guarded.clone(".."),
        guarded.clone("/"),
        guarded.clone("b").clone("../.."),
        guarded.reuseConnectionFor(guarded.base),
        guarded.reuseConnectionFor(`${guarded.base}b/c/`),
        guarded.reuseConnectionFor("memory://boundary/a/"),
        guarded.reuseConnectionFor("memory://boundary/a/b/"),
        guarded.reuseConnectionFor("noop+memory://boundary/a/"),
        guarded.reuseConnectionFor(guarded.requestFor("memory://boundary/a/")),
        guarded.reuseConnectionFor(guarded.requestFor(guarded.location.with({ decorators: [] }))),
        getTransport("memory://boundary/a/", [guarded]),
      ];
      const lent = reached.filter((transport) => transport !== undefined);
      expect(lent.length).toBeGreaterThanOrEqual(6);
      const own = lent.pop() as Transport; // Opened for the list, on a wire of its own.
      expect(own.connectionReport()?.reused).toBe(0);
      await own.disconnect();
      for (const transport of lent) {
        expect(transport).not.toBeInstanceOf(ConnectedTransport);
        expect(transport.capabilities.writable, transport.base).toBe(false);
        await expect(transport.put("/file", "changed")).rejects.toMatchObject({ code: "read-only", operation: "put" });
        await expect(transport.deleteTree("/")).rejects.toMatchObject({ code: "read-only" });
      }
      expect(guarded.explainReuse("memory://boundary/a/").reuse).toBe(false);
    }
    expect(String(await writable.getBytes("file"))).toBe("content");
    await writable.disconnect();
  });

  it("is left above its base by reuse as little as its prefix is", () => {
    const guarded = getTransport("readonly+memory://boundary/a/", []);
    for (const url of ["readonly+memory://boundary/", "readonly+memory://boundary/ab/", "readonly+memory://other/a/"])
      expect(guarded.reuseConnectionFor(url), url).toBeUndefined();
  });
});

describe("errors through decorators", () => {
  it("are the inner transport's, with its code, operation and path", async () => {
    await using transport = getTransport("trace+noop+memory://through/");
    await expect(transport.getBytes("missing")).rejects.toMatchObject({
      code: "not-found",
      operation: "getBytes",
      path: "missing",
      url: "memory://through/missing",
    });
    await expect(transport.list("missing")[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: "not-found",
      operation: "list",
    });
    await expect(transport.stat("a\0b")).rejects.toMatchObject({ code: "invalid-path", operation: "stat" });
  });
});

describe("trace+", () => {
  it("records an iteration that was abandoned once, one that failed with its code, and none that never began", async () => {
    await using transport = getTransport("trace+memory://traced/");
    if (!(transport instanceof TraceTransport)) expect.unreachable(inspect(transport));
    for (const name of ["a", "b", "c"]) await transport.put(name, name);
    transport.calls.length = 0;
    transport.list("");
    for await (const _entry of transport.list("")) break;
    const iterator = transport.list("")[Symbol.asyncIterator]();
    await iterator.next();
    await expect(iterator.throw?.(new RangeError("enough"))).rejects.toThrow("enough");
    await expect(transport.list("missing")[Symbol.asyncIterator]().next()).rejects.toThrow();
    expect(transport.calls.map(({ verb, path, code }) => [verb, path, code])).toEqual([
      ["list", "", undefined],
      ["list", "", "unexpected"],
      ["list", "missing", "not-found"],
    ]);
  });
});

describe("a candidate that is closed", () => {
  it("lends nothing, says so, and the list goes on with another", async () => {
    const list: Transport[] = [];
    const first = getTransport("memory://closed-candidate/", list) as ConnectedTransport;
    await first.put("x", "content");
    await first.close();
    expect(first.reuseConnectionFor(first.base)).toBeUndefined();
    expect(first.explainReuse(first.base)).toEqual({ reuse: false, reason: "the connection was closed for good" });
    const second = getTransport("memory://closed-candidate/", list);
    expect(String(await second.getBytes("x"))).toBe("content");
    expect(list).toEqual([first, second]);
    expect(getTransport("memory://closed-candidate/y/", list).connectionReport()?.reused).toBe(1);
    await second.disconnect();
  });
});
