import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, it } from "vitest";

import { connectTcp } from "../../src/drivers/tcp-socket.ts";
import { noise } from "../../benchmarks/readv/scattered.ts";

const MiB = 2 ** 20;
const content = noise(24 * MiB);

describe("a socket that is read in large pieces", () => {
  const server = createServer();
  let socket: Socket;
  let other: Socket;

  beforeEach(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const accepted = once(server, "connection");
    const explain = (): never => assert.fail("it connects");
    socket = await connectTcp({ host: "127.0.0.1", port, largeReads: true }, new AbortController().signal, explain);
    [other] = (await accepted) as [Socket];
    other.on("error", () => undefined);
  });
  afterEach(async () => {
    socket.destroy();
    other.destroy();
    server.close();
    await once(server, "close");
  });

  it("gives every byte in order, and keeps what it gave", async () => {
    other.end(content);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    assert.ok(Buffer.concat(chunks).equals(content));
    assert.ok(chunks.some(({ length }) => length > 64 * 1024));
    assert.ok(chunks.every(({ length }) => length <= MiB / 2));
  });

  it("gives small pieces as they come, and none of them holds a large buffer", async () => {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    for (let piece = 0; piece < 20; piece++) {
      const taken = once(socket, "data");
      other.write(Buffer.alloc(100, piece));
      await taken;
    }
    assert.deepEqual(
      Buffer.concat(chunks),
      Buffer.concat(Array.from({ length: 20 }, (_, at) => Buffer.alloc(100, at))),
    );
    assert.ok(chunks.every(({ buffer }) => buffer.byteLength <= Buffer.poolSize));
  });

  it("makes the other side wait for a slow reader", async () => {
    let drained = false;
    other.write(content, () => (drained = true));
    await once(socket, "readable");
    await setTimeout(200);
    assert.equal(drained, false);
    // What is read of it is what waits for its reader, and one piece more.
    assert.ok(socket.bytesRead < 2 * MiB, `${socket.bytesRead} bytes were read`);
    let size = 0;
    for await (const chunk of socket) if ((size += (chunk as Buffer).length) === content.length) break;
    assert.equal(size, content.length);
  });
});
