import { copyTree, getTransport, retry } from "samewire";
import { fastClock, faulty, memoryStore, slow, useTestDecorators } from "samewire/testing";
import { describe, expect, it, vi } from "vitest";

import { collect } from "../../src/testing/conformance/content.ts";
import { ManualClock } from "../connection/manual-clock.ts";

describe("faulty", () => {
  it("fails before a call is carried out, or after", async () => {
    const inner = getTransport("memory:///");
    const transport = faulty(inner, ({ path }) => (path === "a" ? "before" : path === "b" ? "after" : undefined));
    await expect(transport.put("a", "x")).rejects.toMatchObject({ code: "connection-lost", effect: "none", path: "a" });
    await expect(transport.put("b", "x")).rejects.toMatchObject({ code: "connection-lost", effect: "unknown" });
    await transport.put("c", "x");
    expect((await collect(inner.list())).map(({ name }) => name).toSorted()).toEqual(["b", "c"]);
    await expect(transport.stat("b")).rejects.toMatchObject({ effect: "none", temporary: true });
  });

  it("keeps nothing open of what it opened and did not give", async () => {
    const store = memoryStore("opened-and-not-given");
    await using inner = getTransport("memory://opened-and-not-given/");
    await inner.put("file", "x");
    const transport = faulty(inner, () => "after");
    await expect(transport.get("file")).rejects.toMatchObject({ code: "connection-lost" });
    await expect(transport.openWriteStream("file")).rejects.toMatchObject({ code: "connection-lost" });
    await expect.poll(() => store.tree.openFiles).toBe(0);
  });

  it("counts the calls of all that is made from it, and is what retry is for", async () => {
    const seen: number[] = [];
    const inner = getTransport("memory:///");
    const transport = faulty(inner, ({ call }) => {
      seen.push(call);
      return call % 3 === 0 ? "before" : undefined;
    });
    const patient = retry(transport, { clock: fastClock(50) });
    for (let n = 0; n < 10; n++) await patient.clone(`${n % 2}`).put("../file", `content ${n}`);
    expect(String(await inner.getBytes("file"))).toBe("content 9");
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, n) => n + 1));
    expect(seen.length).toBe(14);
  });

  it("shows what a copy makes of a file that cannot be had", async () => {
    const [source, target] = [getTransport("memory:///"), getTransport("memory:///")];
    for (const name of ["a", "b", "c"]) await source.put(name, name);
    const broken = faulty(source, ({ path, verb }) => (path === "b" && verb !== "list" ? "before" : undefined));
    const report = await copyTree(broken, target);
    expect(report.failures.map(({ path }) => path)).toEqual(["b"]);
    expect((await collect(target.list())).map(({ name }) => name).toSorted()).toEqual(["a", "c"]);
  });
});

describe("slow", () => {
  it("makes every verb wait, each step of a listing too", async () => {
    const clock = new ManualClock();
    const inner = getTransport("memory:///");
    await inner.put("file", "content");
    const transport = slow(inner, { delayMs: 1_000, clock });
    const answered = vi.fn();
    const bytes = transport.getBytes("file").then(answered);
    await clock.pass(999);
    expect(answered).not.toHaveBeenCalled();
    await clock.pass(1);
    await bytes;
    expect(String(answered.mock.lastCall)).toBe("content");
    const listed = collect(transport.list()).then(answered);
    await clock.pass(1_500);
    expect(answered).toHaveBeenCalledTimes(1);
    await clock.pass(500);
    await listed;
    expect(answered).toHaveBeenCalledTimes(2);
  });
});

describe("the prefixes of both", () => {
  it("are there once they are asked for", async () => {
    expect(() => getTransport("slow+memory:///")).toThrow(/\[unsupported-scheme\]/);
    useTestDecorators();
    useTestDecorators(); // Twice is as good as once.
    await getTransport("slow+memory:///").put("file", "content");
    const transport = getTransport("faulty+memory:///");
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => transport.put(`file-${n}`, "x")));
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(2);
  });
});
