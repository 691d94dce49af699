import type { Clock } from "samewire/extend";
import { getTransport, limit } from "samewire";
import { describe, expect, it } from "vitest";

import { bytesOf, collect, patternedBytes } from "../../src/testing/conformance/content.ts";
import { ManualClock } from "../connection/manual-clock.ts";

/** A clock that counts how long is waited, and waits for nobody. */
class Counted {
  waitedMs = 0;
  readonly clock: Clock;

  constructor() {
    const manual = new ManualClock();
    this.clock = {
      now: () => manual.now(),
      wallNow: () => manual.wallNow(),
      interval: (ms, tick) => manual.interval(ms, tick),
      timeout: (ms, expire) => {
        this.waitedMs += ms;
        const timer = manual.timeout(ms, expire);
        queueMicrotask(() => void manual.pass(ms));
        return timer;
      },
    };
  }
}

describe("limit", () => {
  it.each([1, 3])("lets %i verbs be under way at a time, first come first served", async (operations) => {
    const transport = limit(getTransport("memory:///"), { operations });
    let [underWay, most] = [0, 0];
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 12 }, async (_, n) => {
        const source = async function* (): AsyncGenerator<Buffer> {
          most = Math.max(most, ++underWay);
          await new Promise((resolve) => setTimeout(resolve, 5));
          yield Buffer.from("content");
          underWay--;
        };
        await transport.put(`file-${n}`, source());
        order.push(n);
      }),
    );
    expect(most).toBe(operations);
    if (operations === 1) expect(order).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  it("counts a stream until it ends, and lets a loop over a listing read", async () => {
    const transport = limit(getTransport("memory:///"), { operations: 1 });
    await transport.put("file", "content");
    const stream = await transport.get("file");
    const waiting = transport.stat("file").then(() => "answered");
    expect(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 50, "waits"))])).toBe("waits");
    expect(String(await bytesOf(stream))).toBe("content");
    expect(await waiting).toBe("answered");
    for await (const { path } of transport.list()) expect(String(await transport.getBytes(path))).toBe("content");
    const unread = await transport.get("file");
    unread.destroy();
    expect(await transport.has("file")).toBe(true);
  });

  it("is one limit for all that is made from a transport, and an aborted wait takes nothing", async () => {
    const transport = limit(getTransport("memory:///"), { operations: 1 });
    await transport.put("file", "content");
    const stream = await transport.clone("..").get("file");
    const abort = new AbortController();
    const waiting = transport.clone("a").stat("x", { signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: "aborted", operation: "stat", path: "x" });
    stream.destroy();
    expect(await transport.has("file")).toBe(true);
  });

  it("gives content its time, whichever way it goes", async () => {
    const content = patternedBytes(100_000);
    const counted = new Counted();
    const transport = limit(getTransport("memory:///"), { bytesPerSecond: 50_000, clock: counted.clock });
    const ways: Readonly<Record<string, () => Promise<unknown>>> = {
      put: () => transport.put("file", content),
      getBytes: () => transport.getBytes("file"),
      get: async () => await bytesOf(await transport.get("file")),
      readv: () => collect(transport.readv("file", [{ offset: 0, length: 100_000 }])),
      openWriteStream: async () => {
        const stream = await transport.openWriteStream("file");
        await new Promise<void>((resolve) => stream.end(content, resolve));
      },
      append: () => transport.append("file", content),
    };
    for (const [way, go] of Object.entries(ways)) {
      counted.waitedMs = 0;
      await go();
      expect(Math.round(counted.waitedMs), way).toBe(2_000);
    }
    expect((await transport.getBytes("file")).equals(Buffer.concat([content, content]))).toBe(true);
  });

  it.each([{ operations: 0 }, { operations: Number.NaN }, { bytesPerSecond: -1 }])("refuses %j", (options) => {
    expect(() => limit(getTransport("memory:///"), options)).toThrow(/\[range-not-satisfiable\]/);
  });

  it("is a boundary", () => {
    const limited = getTransport("limit+memory://limited/a/");
    expect(limited.reuseConnectionFor("memory://limited/a/")).toBeUndefined();
    expect(limited.reuseConnectionFor("limit+memory://limited/a/b/")?.base).toBe("limit+memory://limited/a/b/");
    expect(limited.reuseConnectionFor("limit+memory://limited/")).toBeUndefined();
  });
});
