import { finished } from "node:stream/promises";

import { describe, expect, it } from "vitest";

import { deferred } from "../../src/connection/deferred.ts";
import type { TransportOptions } from "../../src/index.ts";
import { ftpDays } from "./ftp-day.ts";
import type { Script } from "./scripted-ftp-server.ts";

/** More than is read ahead. */
const large = 20_000_000;

describe("one FTP connection, and more than one thing to do on it", () => {
  const day = ftpDays();
  const one: TransportOptions = { connections: 1, deadlockAfterMs: 300, silenceTimeoutMs: 5_000 };
  const inTheWay = {
    code: "would-deadlock",
    says: /held by a stream that is not being read: (?:get|openWriteStream)\b.*raise connections/,
  } as const;

  it("for await (e of list()) get(e) works", async () => {
    const { server } = day();
    for (let n = 0; n < 30; n++) server.files.set(`/file ${n}`, Buffer.from(`content ${n}`));
    const transport = day().transport(one);
    const read: string[] = [];
    for await (const { path } of transport.list("")) {
      const stream = await transport.get(path);
      for await (const chunk of stream) read.push(String(chunk));
    }
    expect(read).toEqual(Array.from({ length: 30 }, (_, n) => `content ${n}`));
    expect(server.accepted).toBe(1);
  });

  it("what is asked for while an idle connection is asked whether it lives waits for that answer", async () => {
    const { server } = day();
    const transport = day().transport({ ...one, keepaliveIntervalMs: 50 });
    await transport.connect();
    const asked = deferred<void>();
    server.on("NOOP", async (session) => {
      await asked.promise;
      await session.reply("200 Still here.");
    });
    await expect.poll(() => server.count("NOOP")).toBe(1);
    const making = transport.mkdir("x");
    await new Promise((resolve) => setTimeout(resolve, 50));
    asked.resolve();
    await making;
    expect(server.received.filter((line) => line !== "NOOP").at(-1)).toBe("MKD /x");
    expect(server.overlaps).toBe(0);
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it("put(b, await get(a)) works for what is small, and for what is large would deadlock, naming the get", async () => {
    const { server, witness } = day();
    server.files.set("/small", Buffer.from("content"));
    server.files.set("/large", Buffer.alloc(large, "x"));
    const transport = day().transport(one);
    expect(await transport.put("copy", await transport.get("small"))).toBe(7);
    expect(String(server.files.get("/copy"))).toBe("content");
    const source = await transport.get("large");
    await witness.failure(transport.put("copy", source), {
      ...inTheWay,
      operation: "put",
      says: /not being read: get\b/,
    });
    expect(String(server.files.get("/copy"))).toBe("content");
    source.destroy();
    await day().works(transport);
    expect([...server.files.keys()]).toEqual(["/small", "/large", "/copy", "/after"]);
  });

  it.each([7, large])("copy on the same server works for %i bytes", async (size) => {
    const { server } = day();
    server.files.set("/file", Buffer.alloc(size, "x"));
    const transport = day().transport(one);
    await transport.copy("file", "copy");
    expect(server.files.get("/copy")?.equals(Buffer.alloc(size, "x"))).toBe(true);
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it("a get while a write stream is open would deadlock, naming the stream, and works once it is closed", async () => {
    const { server, witness } = day();
    server.files.set("/file", Buffer.from("content"));
    const transport = day().transport(one);
    const stream = await transport.openWriteStream("new");
    stream.write("some ");
    await witness.failure(transport.get("file"), {
      ...inTheWay,
      operation: "get",
      says: /not being read: openWriteStream\b/,
    });
    stream.end("more");
    await finished(stream);
    expect(String(server.files.get("/new"))).toBe("some more");
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it("each of them works without a deadlock on two connections", async () => {
    const { server } = day();
    server.files.set("/large", Buffer.alloc(large, "x"));
    const transport = day().transport({ ...one, connections: 2 });
    expect(await transport.put("copy", await transport.get("large"))).toBe(large);
    const stream = await transport.openWriteStream("new");
    expect(await transport.getBytes("copy")).toHaveLength(large);
    stream.end();
    await finished(stream);
    expect(server.accepted).toBe(2);
  });

  it("a stream that is read slowly is no deadlock", async () => {
    const { server } = day();
    server.files.set("/large", Buffer.alloc(large, "x"));
    const transport = day().transport({ ...one, deadlockAfterMs: 2_000 });
    const stream = await transport.get("large");
    const waiting = transport.has("large");
    let bytes = 0;
    let pauses = 0;
    for await (const chunk of stream) {
      bytes += (chunk as Buffer).length;
      if (bytes > pauses * 5_000_000 && ++pauses) await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect([bytes, await waiting]).toEqual([large, true]);
  });

  it("fifty operations at once all succeed, in their order, none is lost, at one login", async () => {
    const { server } = day();
    const transport = day().transport({ connections: 1 });
    const order: number[] = [];
    const works = Array.from({ length: 50 }, async (_, n) => {
      if (n % 3 === 0) await transport.put(`file ${n}`, `content ${n}`, { atomic: false });
      else if (n % 3 === 1) await transport.mkdir(`directory ${n}`);
      else expect(await transport.has(`nothing ${n}`)).toBe(false);
      order.push(n);
    });
    await Promise.all(works);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect([server.accepted, server.count("USER"), server.count("PASS")]).toEqual([1, 1, 1]);
    expect([server.count("STOR"), server.count("MKD"), server.count("MLST")]).toEqual([17, 17, 16]);
    for (let n = 0; n < 50; n += 3) expect(String(server.files.get(`/file ${n}`))).toBe(`content ${n}`);
    const sent = server.received
      .filter((line) => /^(?:STOR|MKD|MLST) /.test(line))
      .map((line) => Number(line.split(" ").at(-1)));
    expect(sent).toEqual(Array.from({ length: 50 }, (_, n) => n));
  });

  it("an answer belongs to the operation that asked, however many wait and whatever fails between", async () => {
    const { server } = day();
    const slowly: Script = async (session, path) => {
      await new Promise((resolve) => setTimeout(resolve, path.length % 3));
      const size = Number(path.slice(1));
      await session.reply(
        size % 5 === 0 ? "550 Nothing there." : `250-Facts:\n type=file;size=${size}; ${path}\n250 End.`,
      );
    };
    server.on("MLST", slowly);
    const transport = day().transport({ connections: 3 });
    const results = await Promise.allSettled(Array.from({ length: 60 }, (_, n) => transport.stat(`${n}`)));
    for (const [n, result] of results.entries())
      expect(result).toMatchObject(
        n % 5 === 0
          ? { status: "rejected", reason: { code: "not-found" } }
          : { status: "fulfilled", value: { sizeBytes: n } },
      );
    expect(server.accepted).toBeLessThanOrEqual(3);
  });

  it("what is aborted while it waits for its turn is never sent, and nobody else's turn is lost", async () => {
    const { server } = day();
    const transport = day().transport({ connections: 1 });
    await transport.connect();
    const abort = new AbortController();
    const works = Array.from({ length: 20 }, (_, n) =>
      transport.mkdir(`${n}`, n % 2 === 1 && n > 1 ? { signal: abort.signal } : {}),
    );
    abort.abort();
    const results = await Promise.allSettled(works);
    for (const [n, result] of results.entries())
      expect(result).toMatchObject(
        n % 2 === 1 && n > 1 ? { reason: { code: "aborted", effect: "none" } } : { status: "fulfilled" },
      );
    expect(server.count("MKD")).toBe(11);
    expect(server.accepted).toBe(1);
    await day().works(transport);
  });
});
