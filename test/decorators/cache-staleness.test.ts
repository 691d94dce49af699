import { cache, getTransport } from "samewire";
import { describe, expect, it } from "vitest";

import { bytesOf, collect } from "../../src/testing/conformance/content.ts";
import { ManualClock } from "../connection/manual-clock.ts";
import { cached, longAgo, textOf } from "./cached.ts";
import type { Cached } from "./cached.ts";
import { Holding, LateTransport } from "./late-transport.ts";

/** Times as a server has them that stores whole seconds: all within the one in which the clock of these tests begins. */
const thisSecond = new Date(new ManualClock().wallNow());

describe("a content that others change", () => {
  it("is seen at once, also where length and time stay the same because it was written a moment ago", async () => {
    const { transport, behind, clock } = cached();
    for (const content of ["one", "two", "six", "ten"]) {
      await behind.put("file", content, { mtime: thisSecond });
      for (let times = 0; times < 2; times++) {
        expect(await textOf(transport.getBytes("file"))).toBe(content);
        expect(await textOf(bytesOf(await transport.get("file")))).toBe(content);
      }
      await clock.pass(400);
    }
  });

  it("is held once it has been the same for longer than a step of the server's times", async () => {
    const { transport, behind, clock, asked } = cached();
    await behind.put("file", "content", { mtime: thisSecond });
    await transport.getBytes("file");
    await clock.pass(1_000);
    await transport.getBytes("file");
    // No look that would be for nothing.
    expect(asked()).toEqual(["stat file", "getBytes file", "getBytes file"]);
    await clock.pass(2_000);
    await transport.getBytes("file");
    await transport.getBytes("file");
    expect(asked()).toEqual(["stat file", "getBytes file", "stat file"]);
  });

  it("is not believed to be old where the server's clock is ahead, or has no time at all", async () => {
    const { transport, behind, asked } = cached();
    const tomorrow = new Date(Date.now() + 86_400_000);
    for (const mtime of [tomorrow, new Date(0)]) {
      for (const content of ["one", "two"]) {
        await behind.put("file", content, { mtime });
        expect(await textOf(transport.getBytes("file"))).toBe(content);
      }
    }
    expect(asked().filter((call) => call.startsWith("getBytes"))).toHaveLength(4);
  });

  it("is seen in parts and ranges of it", async () => {
    const { transport, behind } = cached();
    const ranges = [{ offset: 1, length: 2 }];
    for (const [content, time] of [
      ["abcd", 1],
      ["efgh", 2],
      ["ij", 3],
    ] as const) {
      await behind.put("file", content, { mtime: new Date(longAgo.getTime() + time) });
      if (time > 1) {
        const part = transport.getBytes("file", { offset: 1, length: 2 });
        expect(await textOf(part)).toBe(content.slice(1, 3));
        expect(await textOf(bytesOf(await transport.get("file", { offset: 1 })))).toBe(content.slice(1));
      }
      const parts = collect(transport.readv("file", ranges));
      if (content.length > 2) expect((await parts).map(String)).toEqual([content.slice(1, 3)]);
      else await expect(parts).rejects.toMatchObject({ code: "short-read" });
      expect(await textOf(transport.getBytes("file"))).toBe(content);
    }
  });

  it("is seen where another file took its name, or it was deleted and made again", async () => {
    const { transport, behind } = cached();
    await behind.put("file", "one", { mtime: longAgo });
    expect(await textOf(transport.getBytes("file"))).toBe("one");
    await behind.put("other", "two", { mtime: new Date(longAgo.getTime() - 1_000) });
    await behind.rename("other", "file");
    expect(await textOf(transport.getBytes("file"))).toBe("two");
    await behind.delete("file");
    await expect(transport.getBytes("file")).rejects.toMatchObject({ code: "not-found", operation: "getBytes" });
    await expect(transport.get("file")).rejects.toMatchObject({ code: "not-found", operation: "get", path: "file" });
    await behind.put("file", "six");
    expect(await textOf(transport.getBytes("file"))).toBe("six");
    await behind.delete("file");
    await behind.mkdir("file");
    await expect(transport.getBytes("file")).rejects.toMatchObject({ code: "is-a-directory" });
  });

  it("is seen through a link that leads elsewhere from now on", async () => {
    const { transport, behind } = cached();
    for (const name of ["a", "b"]) await behind.put(`${name}/file`, name, { createParents: true, mtime: longAgo });
    await behind.symlink("a", "link");
    expect(await textOf(transport.getBytes("link/file"))).toBe("a");
    await transport.delete("link");
    await transport.symlink("b", "link");
    expect(await textOf(transport.getBytes("link/file"))).toBe("b");
  });
});

describe("a content that is changed while it is read", () => {
  /** Lets others change the file when its content has been read, and before that arrives; says what is read then, and after. */
  async function changedMeanwhile(change: (cached: Cached) => Promise<unknown>): Promise<string[]> {
    const behind = getTransport("memory:///");
    await behind.put("file", "old", { mtime: longAgo });
    await behind.put("other", "new", { mtime: longAgo });
    const holding = new Holding();
    const all = cached({}, new LateTransport(behind, holding));
    const held = holding.next("getBytes");
    const reading = textOf(all.transport.getBytes("file"));
    const letGo = await held;
    await change({ ...all, behind });
    letGo();
    const seen = [await reading];
    for (let times = 0; times < 2; times++) seen.push(await textOf(all.transport.getBytes("file")));
    return seen;
  }

  it("by others is not held", async () => {
    const seen = await changedMeanwhile(({ behind }) => behind.put("file", "new"));
    expect(seen).toEqual(["old", "new", "new"]);
  });

  it("through the same cache is not held, also where length and time are the same", async () => {
    const seen = await changedMeanwhile(({ transport }) => transport.rename("other", "file"));
    expect(seen).toEqual(["old", "new", "new"]);
    const written = await changedMeanwhile(({ transport }) => transport.put("file", "new", { mtime: longAgo }));
    expect(written).toEqual(["old", "new", "new"]);
  });
});

describe("an answer that was asked for before a change, and comes after it", () => {
  it.each(["stat", "has", "list"] as const)("is not believed: %s", async (verb) => {
    const behind = getTransport("memory:///");
    const holding = new Holding();
    const transport = cache(new LateTransport(behind, holding));
    const ask = async (): Promise<unknown> => {
      if (verb === "has") return await transport.has("file");
      if (verb === "list") return (await collect(transport.list())).map(({ name }) => name);
      return await transport.stat("file").then(
        ({ sizeBytes }) => sizeBytes,
        (error: unknown) => (error as { code: string }).code,
      );
    };
    const held = holding.next(verb);
    const early = ask();
    const letGo = await held;
    await transport.put("file", "content");
    // Whoever asks after the change gets no answer from before it.
    const late = await ask();
    letGo();
    expect(await early).toEqual({ stat: "not-found", has: false, list: [] }[verb]);
    expect(late).toEqual({ stat: 7, has: true, list: ["file"] }[verb]);
    expect(await ask()).toEqual(late);
  });
});
