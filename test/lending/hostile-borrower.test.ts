import { randomUUID } from "node:crypto";
import { MessageChannel } from "node:worker_threads";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Lending, Lock, Transport } from "../../src/index.ts";
import { TransportScope, lend } from "../../src/index.ts";
import { TransportDecorator } from "../../src/extend.ts";
import { FrameReader } from "../../src/lending/frame.ts";
import { Upload } from "../../src/lending/upload.ts";
import { memoryStore } from "../../src/testing.ts";
import type { WatchedChannel } from "./channels.ts";
import { frame, headsIn, watchedChannel } from "./channels.ts";

/** A busy machine takes its time. */
const patiently = { timeout: 20_000 };

const mebibyte = 1024 * 1024;

let scope: TransportScope;
let store: string;
let channel: WatchedChannel;
let lending: Lending;

beforeEach(async () => {
  scope = new TransportScope();
  store = randomUUID();
  const transport = scope.getTransport(`memory://${store}/`);
  await transport.mkdir("lent");
  await transport.put("lent/file", "old content");
  await transport.put("outside", "secret");
  channel = watchedChannel();
  lending = lend(transport.clone("lent"), channel.lender);
});

afterEach(async () => {
  await lending.close();
  await scope.close();
});

const call = { say: "call", id: 1, verb: "stat", lent: 0, path: "file", args: {} };

/** What the lender said so far. */
function said(): Record<string, unknown>[] {
  const { readable } = channel.borrower;
  for (let chunk: unknown = readable.read(); chunk !== null; chunk = readable.read()) heard.push(chunk as Buffer);
  return headsIn(Buffer.concat(heard));
}
const heard: Buffer[] = [];
beforeEach(() => void (heard.length = 0));

function tell(...bytes: Buffer[]): void {
  for (const one of bytes) channel.borrower.writable.write(one);
}

async function answerTo(head: object, body?: Uint8Array): Promise<Record<string, unknown> | undefined> {
  const { id } = { ...call, ...head };
  tell(frame({ ...call, ...head }, body));
  const find = (): Record<string, unknown> | undefined =>
    said().find((one) => one["id"] === id && (one["say"] === "done" || one["say"] === "failed"));
  await expect.poll(find, patiently).toBeDefined();
  return find();
}

describe("a lender", () => {
  it.each<[string, Buffer]>([
    ["text in the place of frames", Buffer.from("hello, world: this is no frame\n".repeat(100))],
    ["a head without an end", Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])],
    ["a body without an end", Buffer.from([0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff])],
    ["a head that is no JSON", frame("{")],
    ["a head that is nested without an end", frame("[".repeat(500_000))],
    ["a head without fields", frame([1, 2, 3])],
    ["a head that says nothing", frame({ id: 1 })],
    ["what only a lender says", frame({ say: "done", id: 1 })],
    ["a number that is none", frame({ ...call, id: "one" })],
    [
      "content that nobody asked for",
      Buffer.concat([frame({ ...call, verb: "put" }), frame({ say: "data", id: 1 }, Buffer.alloc(mebibyte))]),
    ],
  ])("ends the channel on %s, and nothing else", async (_what, bytes) => {
    tell(bytes);
    await lending.ended;
    expect(lending.report().ended?.code).toBe("protocol-error");
    expect(lending.report().open).toBe(0);
    expect(String(await scope.getTransport(`memory://${store}/lent/`).getBytes("file"))).toBe("old content");
  });

  it("refuses what is not lent, and goes on", async () => {
    const failures = [
      { verb: "constructor" },
      { verb: "__proto__" },
      { verb: "connect" },
      { verb: 7 },
      { lent: 1 },
      { path: "../outside" },
      { path: "/outside" },
      { path: "a/../../outside" },
      { path: ["file"] },
      { verb: "rename", args: { to: "../outside" } },
      { verb: "copy", args: {} },
      { verb: "copy", args: { to: 1 } },
      { args: [] },
      { args: { followLinks: "yes" } },
      { verb: "get", args: { offset: -1 } },
      { verb: "get", args: { length: 1e300 } },
      { verb: "readv", args: { ranges: "all" } },
      { verb: "readv", args: { ranges: [[0, 2 ** 40]] } },
      { verb: "readv", args: { ranges: Array.from({ length: 20_000 }, () => [0, 1]) } },
      { verb: "digest", args: { algorithm: "crc" } },
      { verb: "setAttributes", args: { mtime: 1e300 } },
      { verb: "release", args: { lock: -1 } },
    ];
    for (const [at, wrong] of failures.entries())
      expect(await answerTo({ ...wrong, id: at + 10 }), JSON.stringify(wrong).slice(0, 80)).toMatchObject({
        say: "failed",
      });
    expect(await answerTo({ id: 9 })).toMatchObject({ say: "done", value: { type: "file", sizeBytes: 11 } });
    expect(await answerTo({ id: 8, path: "%2e%2e/outside" })).toMatchObject({ error: { code: "not-found" } });
    expect(String(await scope.getTransport(`memory://${store}/`).getBytes("outside"))).toBe("secret");
  });

  it("answers ten thousand calls at once, and refuses more for now", async () => {
    tell(Buffer.concat(Array.from({ length: 10_100 }, (_, at) => frame({ ...call, id: at + 1 }))));
    await expect.poll(() => [lending.report().calls, lending.report().open], patiently).toEqual([10_100, 0]);
    const answers = said();
    const refused = answers.filter((one) => one["say"] === "failed");
    expect(refused).toHaveLength(100);
    expect(refused[0]).toMatchObject({ error: { code: "too-many-connections", temporary: true } });
    expect(answers.filter((one) => one["say"] === "done")).toHaveLength(10_000);
  });

  it("holds little for one who never reads what it asked for", async () => {
    await scope.getTransport(`memory://${store}/lent/`).put("large", Buffer.alloc(32 * mebibyte));
    tell(...Array.from({ length: 20 }, (_, at) => frame({ ...call, id: at + 1, verb: "get", path: "large" })));
    // Whatever it says that it takes.
    tell(...Array.from({ length: 20 }, (_, at) => frame({ say: "more", id: at + 1, bytes: 2 ** 50 })));
    await expect.poll(() => lending.report().bytesRead, patiently).toBeGreaterThan(mebibyte / 2);
    for (let turns = 0; turns < 200; turns++) await new Promise((next) => setImmediate(next));
    expect(channel.lender.writable.writableLength).toBeLessThan(8 * mebibyte);
    expect(lending.report().open).toBe(20);
  });

  it("holds little also where many wait for one who reads now and then", async () => {
    await scope.getTransport(`memory://${store}/lent/`).put("large", Buffer.alloc(4 * mebibyte));
    tell(...Array.from({ length: 200 }, (_, at) => frame({ ...call, id: at + 1, verb: "get", path: "large" })));
    const { writable } = channel.lender;
    const { readable } = channel.borrower;
    for (let readBytes = 0, most = 0; readBytes < 20 * mebibyte;) {
      most = Math.max(most, writable.writableLength);
      expect(most).toBeLessThan(8 * mebibyte);
      readBytes += (readable.read() as Buffer | null)?.length ?? 0;
      await new Promise((next) => setImmediate(next));
    }
  });

  it("puts content together that comes byte by byte, and frames that come so", async () => {
    const upload = new Upload(mebibyte, () => undefined);
    upload.begin();
    for (let at = 0; at < 20_000; at++) upload.give(Buffer.from([at % 256]));
    upload.end();
    const chunks: Buffer[] = [];
    for (let chunk = await upload.take(); chunk !== undefined; chunk = await upload.take()) chunks.push(chunk);
    expect(chunks.length).toBeLessThan(10);
    expect(Buffer.concat(chunks)).toEqual(Buffer.from(Array.from({ length: 20_000 }, (_, at) => at % 256)));
    const reader = new FrameReader();
    const frames = [...frame(call, Buffer.alloc(20_000, "body"))].flatMap((byte) => [
      ...reader.read(Buffer.from([byte])),
    ]);
    expect(frames).toEqual([{ head: call, body: Buffer.alloc(20_000, "body") }]);
  });

  it("counts those among the calls that give a lock back", async () => {
    const slow = new SlowRelease(scope.getTransport(`memory://${store}/lent/`));
    const [one, other] = [watchedChannel(), channel];
    channel = one;
    const byHand = lend(slow, one.lender);
    expect(await answerTo({ verb: "lock" })).toMatchObject({ say: "done" });
    tell(
      ...Array.from({ length: 10_100 }, (_, at) => frame({ ...call, id: at + 2, verb: "release", args: { lock: 1 } })),
    );
    await expect.poll(() => byHand.report().calls, patiently).toBe(10_101);
    const refused = (): object[] => said().filter((answer) => answer["say"] === "failed");
    await expect.poll(() => refused().length, patiently).toBe(101);
    expect(refused()[0]).toMatchObject({ error: { code: "too-many-connections" } });
    slow.goOn();
    await byHand.close();
    channel = other;
  });

  it("keeps the old content, and no temporary, where its borrower dies in the middle of a put", async () => {
    tell(frame({ ...call, verb: "put" }));
    await expect.poll(() => said().some((one) => one["say"] === "more"), patiently).toBe(true);
    tell(frame({ say: "data", id: 1 }, Buffer.alloc(100_000)));
    await expect.poll(() => lending.report().bytesWritten, patiently).toBe(100_000);
    channel.borrower.writable.destroy();
    await lending.ended;
    expect(lending.report().ended?.code).toBe("connection-lost");
    const transport = scope.getTransport(`memory://${store}/lent/`);
    expect(String(await transport.getBytes("file"))).toBe("old content");
    const names: string[] = [];
    for await (const { name } of transport.list()) names.push(name);
    expect(names).toEqual(["file"]);
    expect(memoryStore(store).tree.openFiles).toBe(0);
  });

  it("takes nothing that is no frame from a port either", async () => {
    for (const message of [7, null, "text", { head: 1 }, { head: {} }, { head: call, body: "text" }, [call]]) {
      const { port1, port2 } = new MessageChannel();
      const byPort = lend(scope.getTransport(`memory://${store}/lent/`), port1);
      port2.postMessage(message);
      await byPort.ended;
      expect(byPort.report().ended?.code, JSON.stringify(message)).toBe("protocol-error");
      port2.close();
    }
  });
});

/** Gives locks back when it is told to go on. */
class SlowRelease extends TransportDecorator {
  readonly prefix = "slow-release";
  readonly boundary = false;
  goOn: () => void = () => undefined;
  readonly #going = new Promise<void>((resolve) => (this.goOn = resolve));

  protected around(): SlowRelease {
    return this;
  }

  override async lock(...asked: Parameters<Transport["lock"]>): Promise<Lock> {
    const lock = await super.lock(...asked);
    return { ...lock, release: () => this.#going.then(() => lock.release()) };
  }
}
