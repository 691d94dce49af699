import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { setTimeout } from "node:timers/promises";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Tap, TapOptions } from "../../src/testing/tap.ts";
import { startTap } from "../../src/testing/tap.ts";

describe("a tap", () => {
  let heardByServer = 0;
  const echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("data", (chunk: Buffer) => (heardByServer += chunk.length));
    socket.on("error", () => socket.destroy()).pipe(socket);
  });
  const clients: Socket[] = [];
  const taps: Tap[] = [];
  let tap: Tap;

  beforeAll(async () => {
    echo.listen(0, "127.0.0.1");
    await once(echo, "listening");
  });
  afterAll(() => void echo.close());
  beforeEach(async () => {
    heardByServer = 0;
    tap = await newTap();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    for (const started of taps.splice(0)) await started.close();
  });

  const echoPort = (): number => (echo.address() as AddressInfo).port;

  async function newTap(options: TapOptions = {}): Promise<Tap> {
    const started = await startTap({ port: echoPort() }, options);
    taps.push(started);
    return started;
  }

  async function client(port: number = tap.port, allowHalfOpen = false): Promise<Socket> {
    const socket = connect({ port, host: tap.host, allowHalfOpen });
    clients.push(socket);
    await once(socket, "connect");
    return socket;
  }

  /** Reads until the socket is closed: what came, and how it ended. */
  async function rest(socket: Socket): Promise<{ text: string; error: string | undefined }> {
    let text = "";
    let error: string | undefined;
    socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
    socket.on("error", ({ code }: NodeJS.ErrnoException) => (error = code));
    await new Promise((resolve) => socket.once("close", resolve));
    return { text, error };
  }

  async function said(socket: Socket, text: string): Promise<string> {
    socket.write(text);
    let heard = "";
    while (heard.length < text.length) heard += String((await once(socket, "data"))[0]);
    return heard;
  }

  it("passes bytes on and counts connections and bytes", async () => {
    const [a, b] = [await client(), await client()];
    expect(await said(a, "hello")).toBe("hello");
    expect(await said(b, "there!")).toBe("there!");
    expect([tap.accepted, tap.open, tap.maxOpen, tap.bytesUp, tap.bytesDown]).toEqual([2, 2, 2, 11, 11]);
    a.end();
    await expect.poll(() => tap.open).toBe(1);
    expect([tap.accepted, tap.maxOpen, tap.bytesUp, tap.bytesDown]).toEqual([2, 2, 11, 11]);
  });

  it.each([0, 20])(
    "passes on the end of one direction while the other goes on, with %d ms of delay",
    async (delayMs) => {
      tap.delay(delayMs);
      const socket = await client(tap.port, true);
      socket.end("last words");
      expect(await rest(socket)).toEqual({ text: "last words", error: undefined });
      await expect.poll(() => tap.open).toBe(0);
    },
  );

  it("passes a large stream through a delay whole, and makes a fast sender wait for a slow reader", async () => {
    tap.delay(5);
    const sent = randomBytes(48 * 1024 * 1024);
    const socket = await client(tap.port, true);
    socket.pause();
    socket.end(sent);
    // Neither the kernel nor the tap holds it all: the sender comes to a halt.
    let before = -1;
    while (before !== tap.bytesUp) {
      before = tap.bytesUp;
      await setTimeout(100);
    }
    expect(tap.bytesUp).toBeLessThan(sent.length);
    const received: Buffer[] = [];
    for await (const chunk of socket) received.push(chunk as Buffer);
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  it("severs by a reset what is open, and takes new connections", async () => {
    const socket = await client();
    await said(socket, "x");
    const end = rest(socket);
    tap.sever();
    expect(tap.open).toBe(0);
    expect(await end).toEqual({ text: "", error: "ECONNRESET" });
    expect(await said(await client(), "again")).toBe("again");
  });

  it("severs in good order when asked to", async () => {
    const socket = await client();
    await said(socket, "x");
    const end = rest(socket);
    tap.sever("close");
    expect(await end).toEqual({ text: "", error: undefined });
  });

  it("severs after an exact number of bytes in one direction, once", async () => {
    const socket = await client();
    expect(await said(socket, "ab")).toBe("ab");
    tap.severAfter(3, "down");
    const end = rest(socket);
    socket.write("cdefgh");
    // Node reports a reset that comes together with data as an ordinary end (libuv's `uv__stream_io`).
    expect((await end).text).toBe("cde");
    expect([tap.bytesUp, tap.bytesDown, tap.open]).toEqual([8, 5, 0]);
    expect(await said(await client(), "all of it")).toBe("all of it");
  });

  it("stalls without closing, also what connects meanwhile, and goes on where it was", async () => {
    const socket = await client();
    await said(socket, "x");
    tap.stall();
    socket.write("held");
    const later = await client();
    later.write("back");
    await expect.poll(() => tap.accepted).toBe(2);
    // The server answers others meanwhile.
    expect(await said(await client(echoPort()), "directly")).toBe("directly");
    expect([heardByServer, socket.bytesRead, later.bytesRead, tap.open]).toEqual([1 + "directly".length, 1, 0, 2]);
    tap.stall(false);
    await Promise.all([once(socket, "data"), once(later, "data")]);
    await expect.poll(() => [socket.bytesRead, later.bytesRead]).toEqual([5, 4]);
  });

  it("stalls in one direction alone", async () => {
    const socket = await client();
    await said(socket, "x");
    tap.stall(true, "down");
    socket.write("heard but not answered");
    await expect.poll(() => heardByServer).toBe(23);
    expect(socket.bytesRead).toBe(1);
    tap.stall(false, "down");
    await once(socket, "data");
    expect(socket.bytesRead).toBe(23);
  });

  it("holds back what is on its way when it stalls", async () => {
    tap.delay(30);
    const socket = await client();
    socket.write("y");
    await expect.poll(() => tap.accepted).toBe(1);
    tap.stall();
    await setTimeout(60);
    expect([heardByServer, socket.bytesRead]).toEqual([0, 0]);
    tap.stall(false);
    await once(socket, "data");
  });

  it("delays every byte, in order, with any number on their way at once", async () => {
    tap.delay(20);
    const socket = await client();
    const text = Array.from({ length: 200 }, (_, n) => `line ${n}\n`).join("");
    const startedAt = performance.now();
    let heard = "";
    for (const line of text.match(/.*\n/g) ?? []) socket.write(line);
    while (heard.length < text.length) heard += String((await once(socket, "data"))[0]);
    const elapsedMs = performance.now() - startedAt;
    expect(heard).toBe(text);
    // Never less than what was asked for. Were the lines delayed one after another it would be 8,000 ms.
    expect(elapsedMs).toBeGreaterThanOrEqual(39);
    expect(elapsedMs).toBeLessThan(4_000);
  });

  it("refuses new connections while told to, and does not count them", async () => {
    tap.refuse();
    const refused = connect(tap.port, tap.host);
    expect(await rest(refused)).toEqual({ text: "", error: "ECONNRESET" });
    expect(tap.accepted).toBe(0);
    tap.refuse(false);
    expect(await said(await client(), "y")).toBe("y");
  });

  it("passes on what `rewrite` makes of each chunk", async () => {
    const seen: string[] = [];
    const changing = await newTap({
      rewrite: (chunk, direction) => {
        seen.push(`${direction} ${String(chunk)}`);
        return direction === "up" ? chunk : Buffer.from("changed");
      },
    });
    const socket = await client(changing.port);
    expect(await said(socket, "request")).toBe("changed");
    expect(seen).toEqual(["up request", "down request"]);
  });

  it("lets one connection drip, a byte at a time and in order, and then lets go what waits", async () => {
    const [slow, quick] = [await client(), await client()];
    await said(slow, "x");
    const [, dripping] = [await said(quick, "y"), tap.connections[0]];
    dripping?.drip(5, "down");
    const chunks: string[] = [];
    slow.on("data", (chunk: Buffer) => chunks.push(String(chunk)));
    slow.write("drop by drop, and all the rest of it at once");
    expect(await said(quick, "at once")).toBe("at once");
    await expect.poll(() => chunks.join("")).toContain("drop");
    expect(chunks.slice(0, 4)).toEqual(["d", "r", "o", "p"]);
    dripping?.drip(0, "down");
    await expect.poll(() => chunks.join("")).toBe("drop by drop, and all the rest of it at once");
  });

  it("ends what drips after its last byte, and drips no more once it is cut", async () => {
    const [ended, cut] = [await client(tap.port, true), await client()];
    await said(cut, "x");
    for (const connection of tap.connections) connection.drip(2, "down");
    ended.end("the last words");
    expect(await rest(ended)).toEqual({ text: "the last words", error: undefined });
    const end = rest(cut);
    cut.write("more than arrives before it is over");
    // A reset that overtook a byte would be an ordinary end to Node, as above: it is cut where nothing is under way.
    const sent = (): number => tap.bytesDown - "the last words".length;
    while (sent() <= 3 || cut.bytesRead < sent()) await setTimeout(1);
    tap.sever();
    expect((await end).error).toBe("ECONNRESET");
    expect(tap.open).toBe(0);
  });

  it("sends a chunk on in the parts that it is told, and whatever happens between two of them happens there", async () => {
    const dividing = await newTap({
      *divide(chunk, direction, connection) {
        if (direction === "up") return yield chunk;
        yield chunk.subarray(0, 3);
        connection.sever("close");
        yield chunk.subarray(3);
      },
    });
    const socket = await client(dividing.port);
    const end = rest(socket);
    socket.write("one two");
    expect(await end).toEqual({ text: "one", error: undefined });
  });

  it("tells of each connection before anything passes on it", async () => {
    const told: number[] = [];
    const telling = await newTap({ accepted: (connection) => told.push(connection.bytes.up, connection.bytes.down) });
    await said(await client(telling.port), "x");
    expect(told).toEqual([0, 0]);
  });

  it("resets its client when the server is not there", async () => {
    const gone = createServer().listen(0, "127.0.0.1");
    await once(gone, "listening");
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, "close");
    const before = await startTap({ port });
    taps.push(before);
    expect(await rest(connect(before.port, before.host))).toEqual({ text: "", error: "ECONNRESET" });
    expect([before.accepted, before.open]).toEqual([1, 0]);
  });

  it("closes with everything in it, also twice", async () => {
    const socket = await client();
    await said(socket, "x");
    const end = rest(socket);
    await tap.close();
    await tap.close();
    await end;
    expect(tap.open).toBe(0);
  });
});
