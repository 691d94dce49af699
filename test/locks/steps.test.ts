import { beforeEach, describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";

let transport: Transport;

beforeEach(() => {
  transport = getTransport("memory:///");
});

async function namesOf(path = ""): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of transport.list(path)) names.push(name);
  return names.toSorted();
}

describe("a lock that is a directory", () => {
  it("has one note in it, with who holds it, and nothing else beside it", async () => {
    const lock = await transport.lock("file");
    expect(await namesOf()).toEqual(["file.lock"]);
    const [name = "", ...others] = await namesOf("file.lock");
    expect(others).toEqual([]);
    const note = JSON.parse(String(await transport.getBytes(`file.lock/${name}`))) as Record<string, unknown>;
    expect(Object.keys(note)).toEqual(["user", "host", "pid", "program", "since", "id"]);
    expect(note).toMatchObject({ pid: process.pid, id: name });
    await lock.release();
    expect(await namesOf()).toEqual([]);
  });

  it("is free where only the directory is left of it", async () => {
    await transport.mkdir("file.lock");
    expect(await transport.lockInfo("file")).toBeUndefined();
    await (await transport.lock("file")).release();
    expect(await namesOf()).toEqual([]);
  });

  it("is held where something else is in it, and is not broken by taking that for a note", async () => {
    await transport.mkdir("file.lock");
    await transport.mkdir("file.lock/notes");
    const info = await transport.lockInfo("file");
    if (info === undefined) throw new Error("nobody holds it");
    expect(info.holder).toContain("unknown holder");
    await expect(transport.lock("file")).rejects.toMatchObject({ code: "locked" });
    await expect(transport.breakLock("file", info)).rejects.toMatchObject({ code: "is-a-directory" });
    expect(await namesOf("file.lock")).toEqual(["notes"]);
  });

  it("is held by whoever has a file of that name, which nothing here deletes", async () => {
    await transport.put("file.lock", "of another program");
    const info = await transport.lockInfo("file");
    if (info === undefined) throw new Error("nobody holds it");
    await expect(transport.lock("file")).rejects.toMatchObject({
      code: "locked",
      hint: expect.stringContaining("delete memory:///file.lock") as string,
    });
    await expect(transport.breakLock("file", info)).rejects.toMatchObject({ code: "locked" });
    expect(String(await transport.getBytes("file.lock"))).toBe("of another program");
  });

  it("tells another program's words, without what would move a cursor", async () => {
    await transport.mkdir("file.lock");
    await transport.put("file.lock/note", "Ann\u001b[2J of the third floor\n");
    const info = await transport.lockInfo("file");
    expect(info).toEqual({ id: "note", holder: "Ann [2J of the third floor" });
    await transport.breakLock("file", info ?? expect.unreachable());
    expect(await namesOf()).toEqual([]);
  });

  it("is not broken by an id that leads elsewhere", async () => {
    await transport.put("precious", "x");
    await using lock = await transport.lock("file");
    for (const id of ["../precious", "..", ".", "a/b", "\0"])
      await expect(transport.breakLock("file", { id, holder: "" })).rejects.toMatchObject({ code: "invalid-path" });
    expect(await transport.has("precious")).toBe(true);
    expect(lock.path).toBe("file");
  });

  it("that is wanted by others again and again is had by one at a time", async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      for (let round = 0; round < 5; round++) {
        await using lock = await transport.lock("file", { waitMs: 30_000 });
        most = Math.max(most, ++inside);
        await transport.put("file", lock.path);
        inside--;
      }
    };
    await Promise.all(Array.from({ length: 6 }, work));
    expect(most).toBe(1);
    expect(await namesOf()).toEqual(["file"]);
  });
});

describe("waiting for a lock", () => {
  it("ends when it is given back", async () => {
    const first = await transport.lock("file");
    const second = transport.lock("file", { waitMs: 30_000 });
    await transport.put("file", "still held");
    await first.release();
    await (await second).release();
  });

  it("ends with who holds it when the time is over, and at once where none was given", async () => {
    await using _held = await transport.lock("file");
    for (const options of [{}, { waitMs: 0 }, { waitMs: 60 }])
      await expect(transport.lock("file", options)).rejects.toMatchObject({
        code: "locked",
        message: expect.stringContaining(`process ${process.pid}`) as string,
      });
  });

  it("ends when its signal is aborted, and takes nothing afterwards", async () => {
    const held = await transport.lock("file");
    const aborting = new AbortController();
    const waiting = transport.lock("file", { waitMs: Infinity, signal: aborting.signal });
    aborting.abort();
    await expect(waiting).rejects.toMatchObject({ code: "aborted" });
    await held.release();
    expect(await transport.lockInfo("file")).toBeUndefined();
    expect(await namesOf()).toEqual([]);
  });

  it("takes a number of milliseconds", async () => {
    for (const waitMs of [-1, Number.NaN])
      await expect(transport.lock("file", { waitMs })).rejects.toMatchObject({ code: "range-not-satisfiable" });
  });
});

describe("what surrounds a transport", () => {
  it("lets locks be looked at, and broken only where it may write", async () => {
    const name = "memory://locks-around/";
    await using plain = getTransport(name);
    await using lock = await plain.lock("file");
    const readonly = getTransport(`readonly+${name}`);
    const info = await readonly.lockInfo("file");
    expect(info).toMatchObject({ pid: process.pid });
    await expect(readonly.breakLock("file", info ?? expect.unreachable())).rejects.toMatchObject({ code: "read-only" });
    const chrooted = getTransport(`chroot+${name}`);
    expect(await chrooted.lockInfo("file")).toEqual(info);
    expect(lock.path).toBe("file");
  });
});
