import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { fingerprintOf } from "../../benchmarks/sites/host-key.ts";
import type { Transport } from "../../src/index.ts";
import { TransportScope } from "../../src/index.ts";
import type { SftpServer } from "../../src/testing.ts";
import { startSftpServer } from "../../src/testing.ts";
import type { LentChunk } from "../../src/transport/lent-chunks.ts";
import { borrowChunks, lendFor } from "../../src/transport/lent-chunks.ts";

const KiB = 1024;
const content = randomBytes(8 * KiB * KiB + 12_345);

describe("a large file that is copied", () => {
  let server: SftpServer;
  let folder: string;
  const scope = new TransportScope();
  const ends: Record<string, Transport> = {};

  beforeAll(async () => {
    server = await startSftpServer({ users: { joe: { password: "secret" } } });
    folder = await mkdtemp(join(tmpdir(), "samewire-lent-"));
    await writeFile(join(folder, "large"), content);
    const ssh = {
      config: null,
      agent: null,
      hostKeyFingerprints: server.hostKeys.map((key) => fingerprintOf(key.public)),
    };
    ends["file"] = scope.getTransport(pathToFileURL(`${folder}/`));
    ends["sftp"] = scope.getTransport(`sftp://joe:secret@${server.host}:${server.port}/home/joe/`, { ssh });
    await ends["sftp"].put("large", content);
  });

  afterAll(async () => {
    await scope.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const at = (name: string): Transport => ends[name] as Transport;

  /** Borrows everything, and gives each chunk back as late as the next but one. */
  async function borrowAll(
    stream: Readable,
  ): Promise<{ readonly bytes: Buffer; readonly places: Set<ArrayBufferLike> }> {
    const places = new Set<ArrayBufferLike>();
    const parts: Buffer[] = [];
    const held: LentChunk[] = [];
    for await (const chunk of borrowChunks(stream, 64 * KiB) ?? []) {
      places.add(chunk.bytes.buffer);
      held.push(chunk);
      const oldest = held.length > 2 ? held.shift() : undefined;
      if (oldest === undefined) continue;
      parts.push(Buffer.from(oldest.bytes));
      oldest.giveBack();
    }
    parts.push(...held.map(({ bytes }) => Buffer.from(bytes)));
    return { bytes: Buffer.concat(parts), places };
  }

  for (const from of ["file", "sftp"]) {
    describe(`from ${from}:`, () => {
      for (const to of ["file", "sftp"]) {
        it.each([{}, { createParents: true }, { signal: new AbortController().signal }, { atomic: false }])(
          `to ${to}: has every byte with %j`,
          async (options) => {
            const name = `${from} ${Object.keys(options).join()}/copy`;
            await at(to).put(name, await at(from).get("large"), { createParents: true, ...options });
            expect((await at(to).getBytes(name)).equals(content)).toBe(true);
          },
        );
      }

      it("has every byte of a range", async () => {
        const range = { offset: 1_000_003, length: 2_000_001 };
        await at("file").put("part", await at(from).get("large", range));
        expect((await readFile(join(folder, "part"))).equals(content.subarray(1_000_003, 3_000_004))).toBe(true);
      });

      it("is in a few places one after another, each of which is kept until it is given back", async () => {
        const stream = await at(from).get("large");
        const ended = new Promise((resolve) => stream.once("end", resolve));
        const { bytes, places } = await borrowAll(stream);
        expect(bytes.equals(content)).toBe(true);
        expect(places.size).toBeLessThanOrEqual(24);
        expect(places.size).toBeLessThan(content.length / (64 * KiB));
        await ended;
      });

      it("is not lent once somebody has begun to read it", async () => {
        const [flowing, begun, piped] = [
          await at(from).get("large"),
          await at(from).get("large"),
          await at(from).get("large"),
        ];
        flowing.on("data", () => undefined);
        await begun[Symbol.asyncIterator]().next();
        piped.on("readable", () => undefined);
        for (const stream of [flowing, begun, piped]) {
          expect(borrowChunks(stream, 64 * KiB)).toBeUndefined();
          stream.destroy();
        }
      });

      it("is aborted by the signal of the get", async () => {
        const control = new AbortController();
        const stream = await at(from).get("large", { signal: control.signal });
        const lent = borrowChunks(stream, 64 * KiB) as AsyncGenerator<LentChunk>;
        await lent.next();
        control.abort();
        await expect(allOf(lent)).rejects.toMatchObject({ code: "aborted" });
        expect(stream.destroyed).toBe(true);
      });

      it("is aborted by the signal of the put, which ends the source", async () => {
        const control = new AbortController();
        const stream = await at(from).get("large");
        const watched = { [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator]() };
        lendFor(watched, stream, { passed: () => control.abort() });
        const putting = at("file").put("aborted", watched, { signal: control.signal });
        await expect(putting).rejects.toMatchObject({ code: "aborted" });
        await expect.poll(() => stream.destroyed).toBe(true);
        expect(await readdir(folder)).not.toContain("aborted");
      });

      it("ends in an error where its stream is destroyed, and so does a put of it", async () => {
        const stream = await at(from).get("large");
        const lent = borrowChunks(stream, 64 * KiB) as AsyncGenerator<LentChunk>;
        await lent.next();
        stream.destroy();
        await expect(allOf(lent)).rejects.toMatchObject({ code: "aborted" });
      });

      it("is closed when whoever borrows it stops early", async () => {
        const stream = await at(from).get("large");
        for await (const { bytes } of borrowChunks(stream, 64 * KiB) ?? []) {
          expect(bytes[0]).toBe(content[0]);
          break;
        }
        expect(stream.destroyed).toBe(true);
      });
    });
  }

  it("waits for a target that is slow, and loses nothing", async () => {
    const stream = await at("sftp").get("large");
    const lent = borrowChunks(stream, 64 * KiB) as AsyncGenerator<LentChunk>;
    const first = (await lent.next()).value as LentChunk;
    const copy = Buffer.from(first.bytes);
    // Everything that is asked for ahead has come by now, and not over what is still held.
    await pause(50);
    expect(first.bytes.equals(copy)).toBe(true);
    first.giveBack();
    const rest = await allOf(lent);
    expect(Buffer.concat([copy, ...rest]).equals(content)).toBe(true);
  });

  async function allOf(lent: AsyncGenerator<LentChunk>): Promise<Buffer[]> {
    const parts: Buffer[] = [];
    for await (const { bytes, giveBack } of lent) {
      parts.push(Buffer.from(bytes));
      giveBack();
    }
    return parts;
  }
});
