import { cache, getTransport } from "samewire";
import { describe, expect, it } from "vitest";

import { collect, patternedBytes } from "../../src/testing/conformance/content.ts";
import { cached, longAgo, textOf } from "./cached.ts";
import { Holding, LateTransport } from "./late-transport.ts";

describe("those who ask the same at the same time", () => {
  it("ask once", async () => {
    const { transport, behind, asked } = cached({ maxAgeMs: 0 });
    await behind.put("file", "content");
    const paths = Array.from({ length: 50 }, (_, number) => (number % 2 === 0 ? "file" : "./file"));
    const sizes = await Promise.all(paths.map(async (path) => (await transport.stat(path)).sizeBytes));
    expect(new Set(sizes)).toEqual(new Set([7]));
    expect(await Promise.all(paths.map((path) => transport.has(path)))).not.toContain(false);
    const contents = await Promise.all(paths.map((path) => transport.getBytes(path)));
    for (const content of contents) expect(String(content.fill("x", 0, 1))).toBe("xontent");
    for (const entries of await Promise.all(paths.map(() => collect(transport.list()))))
      expect(entries.map(({ name }) => name)).toEqual(["file"]);
    expect(asked()).toEqual(["stat file", "has file", "stat file", "getBytes file", "list"]);
    expect(transport.report()).toMatchObject({ misses: 4, shared: 4 * 49 });
  });

  it("fail together, each with the path that it gave", async () => {
    const { transport, behind, asked } = cached();
    await behind.put("file", "content");
    const asks = ["file/below", "./file/below"].map((path) => ({ path, stat: transport.stat(path) }));
    for (const { path, stat } of asks)
      await expect(stat).rejects.toMatchObject({ code: "not-a-directory", operation: "stat", path });
    const listings = ["missing", "./missing"].map((path) => ({ path, listing: collect(transport.list(path)) }));
    for (const { path, listing } of listings)
      await expect(listing).rejects.toMatchObject({ code: "not-found", operation: "list", path });
    expect(asked()).toEqual(["stat file/below", "list missing"]);
  });

  it("may leave: the answer comes for those who stay, and is given up with the last", async () => {
    const behind = getTransport("memory:///");
    await behind.put("file", patternedBytes(5_000), { mtime: longAgo });
    const holding = new Holding();
    const transport = cache(new LateTransport(behind, holding));
    const leaving = [new AbortController(), new AbortController()] as const;
    const held = holding.next("getBytes");
    const reads = [...leaving, new AbortController()].map(({ signal }) => transport.getBytes("file", { signal }));
    const letGo = await held;
    for (const one of leaving) one.abort(new Error("enough"));
    for (const read of reads.slice(0, 2))
      await expect(read).rejects.toMatchObject({ code: "aborted", operation: "getBytes", path: "file" });
    expect(holding.signalOf("getBytes")?.aborted).toBe(false);
    letGo();
    expect((await reads[2])?.equals(patternedBytes(5_000))).toBe(true);

    await transport.setAttributes("file", { mtime: longAgo });
    const last = new AbortController();
    const heldAgain = holding.next("getBytes");
    const alone = transport.getBytes("file", { signal: last.signal });
    const letGoAgain = await heldAgain;
    last.abort();
    await expect(alone).rejects.toMatchObject({ code: "aborted" });
    expect(holding.signalOf("getBytes")?.aborted).toBe(true);
    expect((await transport.getBytes("file")).equals(patternedBytes(5_000))).toBe(true);
    letGoAgain();
  });

  it("get a listing at their own pace, from the first entry to the last", async () => {
    const { transport, behind, asked } = cached({ maxAgeMs: 0 });
    const names = Array.from({ length: 20 }, (_, number) => `file ${number}`).toSorted();
    for (const name of names) await behind.put(name, "");
    const quick = transport.list()[Symbol.asyncIterator]();
    for (let count = 0; count < 10; count++) await quick.next();
    // The second begins while the first is in the middle, which leaves before the end.
    const slow = transport.list()[Symbol.asyncIterator]();
    const first = await slow.next();
    await quick.return?.(undefined);
    const rest = await collect({ [Symbol.asyncIterator]: () => slow });
    expect([first.value, ...rest].map(({ name }) => name as string).toSorted()).toEqual(names);
    expect(asked()).toEqual(["list"]);
  });

  it("are none while one has left a listing in the middle", async () => {
    const { transport, behind, asked } = cached();
    for (const name of ["a", "b"]) await behind.put(name, "");
    for await (const { name } of transport.list()) if (name !== "") break;
    expect(await collect(transport.list())).toHaveLength(2);
    expect(await textOf(transport.getBytes("a"))).toBe("");
    expect(asked().filter((call) => call === "list")).toHaveLength(2);
  });
});
