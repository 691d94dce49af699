import { getEventListeners } from "node:events";
import { finished } from "node:stream/promises";
import { MessageChannel } from "node:worker_threads";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { borrow, copyTree, getTransport, isTransportError, lend, sync, walk } from "../../src/index.ts";
import { startHttpServer, startS3Server, startWebdavServer } from "../../src/testing.ts";
import { syncSites } from "../operations/sync-sites.ts";

const mebibyte = 1024 * 1024;

/** What is kept at a signal: who listens, and what `AbortSignal.any` made of it, which Node has under a symbol of its own. */
function keptAt(signal: AbortSignal): number {
  const symbol = Object.getOwnPropertySymbols(signal).find(({ description }) => description === "kDependantSignals");
  const combined = symbol && (Reflect.get(signal, symbol) as Set<unknown> | undefined);
  return getEventListeners(signal, "abort").length + (combined?.size ?? 0);
}

/** What a transport cannot do it refuses, which leaves nothing either. */
async function unlessUnsupported(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isTransportError(error, "unsupported")) throw error;
  });
}

/** Every kind of verb that reads: to the end, given up in the middle, and refused. */
async function readEveryKind(transport: Transport, signal: AbortSignal, name: string): Promise<void> {
  const options = { signal };
  await transport.has(name, options);
  await transport.stat(name, options);
  await transport.stat("missing", options).catch(() => undefined);
  await transport.getBytes(name, options);
  for await (const _chunk of await transport.get(name, options));
  (await transport.get(name, options)).destroy();
  const begun = await transport.get("large", options);
  for await (const _chunk of begun) break;
  for await (const _entry of transport.list("", options)) break;
  const ranges = Array.from({ length: 250 }, (_, index) => ({ offset: index * 1_000, length: 10 }));
  for await (const _part of transport.readv("large", ranges, options));
  for await (const _part of transport.readv("large", ranges, options)) break;
  const missing = transport.readv("missing", ranges, options)[Symbol.asyncIterator]();
  await missing.next().catch(() => undefined);
}

/** Every kind of verb that writes. */
async function writeEveryKind(transport: Transport, signal: AbortSignal, name: string): Promise<void> {
  const options = { signal };
  await transport.put(name, "content", options);
  await transport.put(`${name}-streamed`, chunks(), options);
  await expect(transport.put(`${name}-broken`, broken(), options)).rejects.toThrow("broken");
  await unlessUnsupported(transport.append(name, "more", options));
  await unlessUnsupported(write(transport, `${name}-written`, signal));
  await unlessUnsupported(transport.lock(`${name}-lock`, options).then((lock) => lock.release()));
  await transport.delete(`${name}-streamed`, options);
}

async function write(transport: Transport, name: string, signal: AbortSignal): Promise<void> {
  const stream = await transport.openWriteStream(name, { signal });
  const finishing = finished(stream);
  stream.end("content");
  await finishing;
  (await transport.openWriteStream(name, { signal })).destroy();
}

async function* chunks(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from("content"));
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield* chunks();
  throw new Error("broken");
}

/** So often, five at a time, each with a name of its own. */
async function often(times: number, work: (name: string) => Promise<void>): Promise<void> {
  const inTurn = async (_: unknown, lane: number): Promise<void> => {
    for (let time = 0; time < times / 5; time++) await work(`file ${lane}`);
  };
  await Promise.all(Array.from({ length: 5 }, inTurn));
}

describe("one signal for thousands of verbs", () => {
  let signal: AbortSignal;
  const warnings: Error[] = [];
  const note = (warning: Error): void => {
    if (warning.name === "MaxListenersExceededWarning") warnings.push(warning);
  };

  beforeEach(() => {
    ({ signal } = new AbortController());
    process.on("warning", note);
  });
  afterEach(async () => {
    await expect.poll(() => keptAt(signal)).toBe(0);
    process.off("warning", note);
    expect(warnings.splice(0)).toEqual([]);
  });

  it("is seen to keep what is combined with it, and who listens", () => {
    const lasting = new AbortController();
    const combined = AbortSignal.any([lasting.signal, new AbortController().signal]);
    const listener = (): void => undefined;
    combined.addEventListener("abort", listener);
    expect(keptAt(lasting.signal)).toBe(1);
    lasting.signal.addEventListener("abort", listener);
    expect(keptAt(lasting.signal)).toBe(2);
  });

  /** How often every kind of verb is called: each call would leave something, so that few tell as much where each costs a request. */
  const sites = { memory: 100, file: 50, sftp: 10, "ftp with MLSD": 10, s3: 10, webdav: 10 };

  it.each(Object.entries(sites))("keeps nothing: %s", async (name, times) => {
    await using site = await (syncSites[name] as NonNullable<(typeof syncSites)[string]>)();
    const { plain: transport } = site;
    await transport.put("large", Buffer.alloc(mebibyte));
    await often(times, async (file) => {
      await writeEveryKind(transport, signal, file);
      await readEveryKind(transport, signal, file);
    });
    await Promise.all(Array.from({ length: 100 }, () => transport.getBytes("file 0", { signal })));
  });

  it.each(Object.keys(sites))("keeps nothing of trees: %s", async (name) => {
    await using site = await (syncSites[name] as NonNullable<(typeof syncSites)[string]>)();
    const here = getTransport("memory:///");
    for (const path of ["a/b/1", "a/2", "c/3", "4"]) await here.put(path, path, { createParents: true });
    await copyTree(here, site.plain.clone("copied"), { signal });
    await copyTree(site.plain.clone("copied"), getTransport("memory:///"), { signal });
    await sync(here, site.plain.clone("synced"), { signal, delete: true });
    await sync(here, site.plain.clone("synced"), { signal, delete: true });
    for await (const _entry of walk(site.plain, "", { signal })) break;
  });

  it("keeps nothing of what is read by HTTP alone", async () => {
    await using dav = await startWebdavServer();
    await using store = getTransport(`dav://127.0.0.1:${dav.port}/`);
    await store.put("large", Buffer.alloc(mebibyte));
    await store.put("file 0", "content");
    await using server = await startHttpServer({ tree: dav.tree });
    await using transport = getTransport(server.url);
    for (let time = 0; time < 10; time++) await readEveryKind(transport, signal, "file 0");
  });

  it("keeps nothing of puts in parts, also where their source fails", async () => {
    await using server = await startS3Server();
    const { accessKeyId, secretAccessKey, region } = server;
    const s3 = { endpoint: `http://127.0.0.1:${server.port}`, pathStyle: true, region, accessKeyId, secretAccessKey };
    await using transport = getTransport("s3://bucket/", undefined, { s3, connections: 4 });
    async function* large(ending: () => AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(8 * mebibyte);
      yield* ending();
    }
    for (let time = 0; time < 3; time++) {
      await transport.put("file", large(chunks), { signal });
      await expect(transport.put("file", large(broken), { signal })).rejects.toThrow("broken");
    }
  });

  it("keeps nothing of looks for what became of a change that was not answered", async () => {
    await using server = await startWebdavServer({
      onRequest: ({ method }) => (method === "DELETE" ? "drop-after" : "answer"),
    });
    await using transport = getTransport(`dav://127.0.0.1:${server.port}/`);
    for (let time = 0; time < 20; time++) {
      await transport.put("file", "content");
      await transport.delete("file", { signal });
    }
    expect(server.accepted).toBeGreaterThan(20);
  });

  it("keeps nothing of what is done over a borrowed connection", async () => {
    const { port1, port2 } = new MessageChannel();
    await using store = getTransport("memory://one-signal-lent/");
    await store.put("large", Buffer.alloc(mebibyte));
    await using _lending = lend(store, port1);
    await using borrowed = await borrow(port2);
    const transport = getTransport("memory://one-signal-lent/", borrowed);
    await often(20, async (file) => {
      await writeEveryKind(transport, signal, file);
      await readEveryKind(transport, signal, file);
    });
  });
});
