import type { Transport } from "samewire";
import { TransportScope, cache, getTransport } from "samewire";
import { describe, expect, it } from "vitest";

import { bytesOf, collect, patternedBytes } from "../../src/testing/conformance/content.ts";
import { cached, longAgo, textOf } from "./cached.ts";

describe("what a cache remembers", () => {
  it("is a stat, a listing, and whether something is there: for as long as it is believed", async () => {
    const { transport, behind, clock, asked } = cached({ maxAgeMs: 1_000 });
    await behind.put("dir/file", "content", { createParents: true });
    const look = async (): Promise<unknown> => [
      (await transport.stat("dir/file")).sizeBytes,
      (await collect(transport.list("dir"))).map(({ path, stat }) => [path, stat?.sizeBytes]),
      await transport.has("dir/file"),
    ];
    const first = await look();
    expect(asked()).toEqual(["stat dir/file", "list dir", "has dir/file"]);
    await clock.pass(1_000);
    expect(await look()).toEqual(first);
    expect(asked()).toEqual([]);
    await behind.put("dir/file", "other content");
    await clock.pass(1);
    expect(await look()).toEqual([13, [["dir/file", 13]], true]);
    expect(asked()).toEqual(["stat dir/file", "list dir", "has dir/file"]);
  });

  it("is that something is missing, but no other failure", async () => {
    const { transport, asked } = cached();
    await transport.put("file", "content");
    asked();
    for (const path of ["missing", "./missing"]) {
      await expect(transport.stat(path)).rejects.toMatchObject({ code: "not-found", operation: "stat", path });
      expect(await transport.has(path)).toBe(false);
      await expect(transport.stat("file/below")).rejects.toMatchObject({ code: "not-a-directory" });
    }
    expect(asked()).toEqual(["stat missing", "has missing", "stat file/below", "stat file/below"]);
  });

  it("answers the same question, and no other", async () => {
    const { transport, asked } = cached();
    await transport.put("file", "content");
    await transport.symlink("file", "link");
    asked();
    for (let twice = 0; twice < 2; twice++) {
      expect((await transport.stat("link")).type).toBe("link");
      expect((await transport.stat("link", { followLinks: true })).type).toBe("file");
      await expect(transport.stat("file/")).resolves.toBeDefined();
    }
    expect(asked()).toEqual(["stat link", "stat link", "stat file/"]);
  });

  it("is the content of a file, which is looked at before it is believed", async () => {
    const { transport, behind, asked } = cached();
    await behind.put("file", "content", { mtime: longAgo });
    expect(await textOf(transport.getBytes("file"))).toBe("content");
    expect(asked()).toEqual(["stat file", "getBytes file"]);
    expect(await textOf(transport.getBytes("file"))).toBe("content");
    expect(await textOf(bytesOf(await transport.get("file")))).toBe("content");
    expect(await textOf(transport.getBytes("file", { offset: 1, length: 3 }))).toBe("ont");
    expect(await textOf(bytesOf(await transport.get("file", { offset: 4, length: 100 })))).toBe("ent");
    const ranges = [
      { offset: 3, length: 4 },
      { offset: 0, length: 0 },
      { offset: 0, length: 7 },
    ];
    expect((await collect(transport.readv("file", ranges))).map(String)).toEqual(["tent", "", "content"]);
    expect(asked()).toEqual(Array.from({ length: 5 }, () => "stat file"));
  });

  it("is the content without a look where that is said, and not for longer", async () => {
    const { transport, behind, clock, asked } = cached({ contentMaxAgeMs: 500 });
    await behind.put("file", "content", { mtime: longAgo });
    for (let times = 0; times < 3; times++) await transport.getBytes("file");
    expect(asked()).toEqual(["stat file", "getBytes file"]);
    await clock.pass(501);
    await transport.getBytes("file");
    expect(asked()).toEqual(["stat file"]);
    expect(transport.report()).toMatchObject({ hits: 2, validated: 1, misses: 1 });
  });

  it("is no part of a file, of which the rest is not wanted", async () => {
    const { transport, behind, asked } = cached();
    await behind.put("file", "content", { mtime: longAgo });
    await transport.getBytes("file", { offset: 0, length: 7 });
    await collect(transport.readv("file", [{ offset: 0, length: 7 }]));
    expect(asked()).toEqual(["getBytes file", "readv file"]);
    expect(transport.report().entries).toBe(0);
  });

  it("is nobody's to change", async () => {
    const { transport, behind } = cached();
    await behind.put("file", "content", { mtime: longAgo });
    for (let times = 0; times < 3; times++) {
      const bytes = await transport.getBytes("file");
      expect(String(bytes)).toBe("content");
      bytes.fill("x");
      const streamed = await bytesOf(await transport.get("file"));
      expect(String(streamed)).toBe("content");
      for await (const chunk of (await transport.get("file")) as AsyncIterable<Buffer>) chunk.fill("x");
      for await (const part of transport.readv("file", [{ offset: 0, length: 7 }])) part.fill("x");
      const stat = await transport.stat("file");
      expect(stat.mtime).toEqual(longAgo);
      stat.mtime?.setTime(0);
      for await (const entry of transport.list()) {
        expect(entry.stat?.mtime).toEqual(longAgo);
        entry.stat?.mtime?.setTime(0);
        Object.assign(entry, { name: "other" });
      }
      expect((await collect(transport.list())).map(({ name }) => name)).toEqual(["file"]);
    }
  });

  it("has bounds: the length of a file, all bytes, and the number of answers", async () => {
    const { transport, behind, asked } = cached({ maxFileBytes: 10_000, maxBytes: 50_000, maxEntries: 8 });
    await behind.put("large", patternedBytes(10_001), { mtime: longAgo });
    for (let times = 0; times < 3; times++) {
      expect((await transport.getBytes("large")).equals(patternedBytes(10_001))).toBe(true);
      expect((await bytesOf(await transport.get("large"))).length).toBe(10_001);
    }
    // What is too large was looked at once, and then passed through.
    expect(asked().filter((call) => call === "stat large")).toHaveLength(1);
    for (let number = 0; number < 20; number++) {
      await behind.put(`file ${number}`, patternedBytes(9_000, number + 1), { mtime: longAgo });
      expect((await transport.getBytes(`file ${number}`)).equals(patternedBytes(9_000, number + 1))).toBe(true);
      expect(transport.report().bytes).toBeLessThanOrEqual(50_000);
      expect(transport.report().entries).toBeLessThanOrEqual(8);
    }
    expect(transport.report().bytes).toBeGreaterThan(3 * 9_000);
    for (let number = 0; number < 20; number++) await transport.stat(`file ${number}`);
    expect(transport.report().entries).toBe(8);
  });

  it("is not a listing that is larger than all that may be held, of which everybody gets all", async () => {
    const { transport, behind, asked } = cached({ maxBytes: 20_000, maxFileBytes: 1 });
    const names = Array.from({ length: 100 }, (_, number) => `file ${String(number).padStart(3, "0")}`);
    for (const name of names) await behind.put(name, "");
    const both = await Promise.all([collect(transport.list()), collect(transport.list())]);
    for (const entries of [...both, await collect(transport.list())])
      expect(entries.map(({ name }) => name).toSorted()).toEqual(names);
    expect(asked()).toEqual(["list", "list"]);
    expect(transport.report().entries).toBe(0);
  });

  it("is refused a bound that is none", () => {
    const inner = getTransport("memory:///");
    for (const options of [{ maxBytes: 0 }, { maxEntries: 0.5 }, { maxFileBytes: -1 }, { maxAgeMs: Number.NaN }])
      expect(() => cache(inner, options)).toThrow(/\[range-not-satisfiable\]/);
  });
});

describe("a change", () => {
  const changes: Readonly<Record<string, (transport: Transport) => Promise<unknown>>> = {
    put: (transport) => transport.put("file", "more content"),
    append: (transport) => transport.append("file", "x"),
    openWriteStream: async (transport) => {
      const stream = await transport.openWriteStream("file");
      await new Promise<void>((resolve) => stream.end("written", resolve));
    },
    mkdir: (transport) => transport.mkdir("new"),
    ensureBase: (transport) => transport.clone("new").ensureBase(),
    createPrefix: (transport) => transport.clone("new/deeper").createPrefix(),
    delete: (transport) => transport.delete("file"),
    rmdir: (transport) => transport.rmdir("empty"),
    deleteTree: (transport) => transport.deleteTree("dir"),
    rename: (transport) => transport.rename("other", "file"),
    move: (transport) => transport.move("other", "file"),
    copy: (transport) => transport.copy("other", "file"),
    symlink: (transport) => transport.symlink("file", "new"),
    hardlink: (transport) => transport.hardlink("file", "new"),
    setAttributes: (transport) => transport.setAttributes("file", { mtime: new Date(0) }),
    lock: (transport) => transport.lock("file"),
  };

  it.each(Object.entries(changes))("by %s is seen at once, by all that share the cache", async (_verb, change) => {
    const { transport, behind } = cached({ maxAgeMs: 1_000_000, contentMaxAgeMs: 1_000_000 });
    // Two contents that cannot be told from each other by length and time.
    await behind.put("file", "content", { mtime: longAgo });
    await behind.put("other", "CONTENT", { mtime: longAgo });
    await behind.put("dir/file", "content", { createParents: true, mtime: longAgo });
    await behind.mkdir("empty");
    const sight = async (of: Transport): Promise<unknown[]> => {
      const seen: unknown[] = (await collect(of.list())).map(({ name, stat }) => [name, stat?.sizeBytes]);
      for (const path of ["file", "other", "dir/file", "dir", "empty", "new"]) {
        seen.push(await of.has(path));
        seen.push(await of.stat(path).then(({ sizeBytes, mtime }) => [sizeBytes, mtime], codeOf));
        seen.push(await of.getBytes(path).then(String, codeOf));
      }
      return seen;
    };
    const clone = transport.clone("dir").clone("..");
    const before = await sight(clone);
    await change(transport);
    const after = await sight(clone);
    expect(after).not.toEqual(before);
    expect(after).toEqual(await sight(behind));
  });

  it("that has no end yet leaves nothing believed", async () => {
    const { transport, behind, asked } = cached();
    await behind.put("other", "content", { mtime: longAgo });
    const stream = await transport.openWriteStream("file");
    const write = (text: string): Promise<unknown> =>
      new Promise((resolve) => {
        stream.write(text, resolve);
      });
    for (const [text, sizeBytes] of [
      ["a", 1],
      ["bc", 3],
    ] as const) {
      await write(text);
      expect((await transport.stat("file")).sizeBytes).toBe(sizeBytes);
      expect((await transport.getBytes("file")).length).toBe(sizeBytes);
    }
    await Promise.all([transport.stat("other"), transport.stat("other")]);
    expect(asked().filter((call) => call === "stat other")).toHaveLength(2);
    await new Promise((resolve) => stream.once("close", resolve).end());
    await Promise.all([transport.stat("other"), transport.stat("other")]);
    await transport.stat("other");
    expect(asked()).toEqual(["stat other"]);
  });

  it("that is not carried out leaves things as they are", async () => {
    const { transport } = cached();
    await expect(transport.delete("missing")).rejects.toMatchObject({ code: "not-found", operation: "delete" });
    await expect(transport.openWriteStream("missing/file")).rejects.toMatchObject({ code: "not-found" });
    await transport.put("file", "content");
    await transport.stat("file");
    await transport.stat("file");
    expect(transport.report()).toMatchObject({ hits: 1 });
  });

  it("leaves the contents of other files, which are looked at", async () => {
    const { transport, behind, asked } = cached();
    await behind.put("file", "content", { mtime: longAgo });
    await transport.getBytes("file");
    await transport.put("other", "content");
    asked();
    expect(await textOf(transport.getBytes("file"))).toBe("content");
    expect(asked()).toEqual(["stat file"]);
  });
});

describe("who shares a cache", () => {
  it("are the clones, by URL", async () => {
    const { transport, behind, asked } = cached();
    await behind.put("dir/file", "content", { createParents: true });
    await transport.stat("dir/file");
    asked();
    await transport.clone("dir").stat("file");
    await transport.clone("dir/deeper").stat("../file");
    expect(asked()).toEqual([]);
    expect(transport.clone("dir").base).toBe("cache+trace+memory:///dir/");
  });

  it("is what a candidate is asked for, and not a second one from the same list", async () => {
    await using scope = new TransportScope();
    const first = cache(scope.getTransport("memory://shared-cache/"));
    await first.put("dir/file", "content", { createParents: true });
    await first.stat("dir/file");
    const second = getTransport("cache+memory://shared-cache/dir/", [first]);
    await second.stat("file");
    expect(first.report()).toMatchObject({ hits: 1, misses: 1 });
    await scope.getTransport("cache+memory://shared-cache/dir/").stat("file");
    expect(first.report()).toMatchObject({ hits: 1, misses: 1 });
    expect(scope.report().wiresOpened).toBe(1);
  });

  it("is nobody who has another boundary inside", async () => {
    await using scope = new TransportScope();
    const plain = scope.getTransport("memory://cache-in-chroot/");
    await plain.put("dir/file", "content", { createParents: true });
    await plain.put("secret", "content");
    await plain.symlink("../secret", "dir/link");
    const outer = scope.getTransport("cache+chroot+memory://cache-in-chroot/");
    const followLinks = true;
    expect((await outer.stat("dir/link", { followLinks })).type).toBe("file");
    const inner = getTransport("cache+chroot+memory://cache-in-chroot/dir/", [outer]);
    await expect(inner.stat("link", { followLinks })).rejects.toMatchObject({ code: "outside-base" });
    await expect(inner.getBytes("link")).rejects.toMatchObject({ code: "outside-base" });
  });
});

async function codeOf(error: unknown): Promise<unknown> {
  return error instanceof Error && "code" in error ? error.code : Promise.reject(error as Error);
}
