import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Tap } from "../../src/testing/tap.ts";
import { startTap } from "../../src/testing/tap.ts";

/** Resolves when the socket is closed, whether in good order or not. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

describe("a tap", () => {
  const echo = createServer({ allowHalfOpen: true }, (socket) =>
    socket.on("error", () => socket.destroy()).pipe(socket),
  );
  const clients: Socket[] = [];
  let tap: Tap;

  beforeEach(async () => {
    if (!echo.listening) {
      echo.listen(0, "127.0.0.1");
      await once(echo, "listening");
      echo.unref();
    }
    tap = await startTap({ port: (echo.address() as AddressInfo).port });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await tap.close();
  });

  async function client(): Promise<Socket> {
    const socket = connect(tap.port, tap.host);
    clients.push(socket);
    await once(socket, "connect");
    return socket.on("error", () => undefined);
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

  it("passes on the end of one direction while the other goes on", async () => {
    const socket = connect({ port: tap.port, host: tap.host, allowHalfOpen: true });
    clients.push(socket);
    socket.end("last words");
    let heard = "";
    for await (const chunk of socket) heard += String(chunk);
    expect(heard).toBe("last words");
  });

  it("severs what is open, and takes new connections", async () => {
    const socket = await client();
    await said(socket, "x");
    const gone = closed(socket);
    tap.sever();
    await gone;
    expect(tap.open).toBe(0);
    expect(await said(await client(), "again")).toBe("again");
  });

  it("severs after a number of bytes", async () => {
    const socket = await client();
    tap.severAfter(3, "down");
    socket.resume();
    const gone = closed(socket);
    socket.write("abcdef");
    await gone;
    expect(tap.bytesDown).toBeGreaterThanOrEqual(3);
  });

  it("stalls without closing, and goes on where it was", async () => {
    const socket = await client();
    await said(socket, "x");
    tap.stall();
    socket.write("held back");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(socket.bytesRead).toBe(1);
    expect(tap.open).toBe(1);
    tap.stall(false);
    await once(socket, "data");
    expect(socket.bytesRead).toBeGreaterThan(1);
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
    // A delay is at least what was asked for; were the lines delayed one after another it would be 8,000 ms.
    expect(elapsedMs).toBeGreaterThanOrEqual(39);
    expect(elapsedMs).toBeLessThan(4_000);
  });

  it("refuses new connections while told to", async () => {
    tap.refuse();
    const socket = connect(tap.port, tap.host).on("error", () => undefined);
    clients.push(socket);
    await closed(socket);
    expect(tap.accepted).toBe(0);
    tap.refuse(false);
    expect(await said(await client(), "y")).toBe("y");
  });

  it("closes with everything in it", async () => {
    const socket = await client();
    const gone = closed(socket);
    await tap.close();
    await tap.close();
    await gone;
    expect(tap.open).toBe(0);
  });
});
