import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Fault } from "./fault.ts";
import { garbage } from "./garbage.ts";
import { until } from "./settle.ts";
import type { Wedge } from "./wedge.ts";
import { startWedge } from "./wedge.ts";

/** What the server says as soon as somebody comes in, and for each word that it hears. */
const greeting = "welcome";
const answer = "an answer of some length";

describe("the wedge of the fault matrix", () => {
  const server = createServer((socket) => {
    socket.write(greeting);
    socket.on("data", () => socket.write(answer)).on("error", () => socket.destroy());
  });
  const clients: Socket[] = [];
  let wedge: Wedge;

  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(() => void server.close());
  beforeEach(async () => {
    wedge = await startWedge((server.address() as AddressInfo).port);
  });
  afterEach(async () => {
    for (const socket of clients.splice(0)) socket.destroy();
    await wedge.close();
    expect(wedge.open).toBe(0);
  });

  /** Somebody who comes in: what it hears, and how that ends. */
  function come(): { socket: Socket; heard: () => string; end: () => string | undefined } {
    const socket = connect(wedge.port, "127.0.0.1");
    let heard = "";
    let end: string | undefined;
    socket.on("data", (chunk: Buffer) => (heard += chunk.toString("latin1")));
    socket.on("error", ({ code }: NodeJS.ErrnoException) => (end = code));
    socket.on("close", () => (end ??= "closed"));
    clients.push(socket);
    return { socket, heard: () => heard, end: () => end };
  }

  async function greeted(): Promise<ReturnType<typeof come>> {
    const visitor = come();
    await until("it is greeted", () => visitor.heard() === greeting);
    return visitor;
  }

  it.each<[Fault, string]>([
    ["reset", "ECONNRESET"],
    ["fin", "closed"],
  ])("breaks what is open by a %s at once, and nothing that comes later", async (fault, end) => {
    const visitor = await greeted();
    wedge.strike(fault);
    await until("it ends", () => visitor.end() !== undefined);
    expect(visitor.end()).toBe(end);
    await greeted();
  });

  it("swallows in silence what the server says, also after it is healed, and nothing that others are told", async () => {
    const visitor = await greeted();
    wedge.strike("silence");
    visitor.socket.write("?");
    wedge.heal();
    const other = await greeted();
    other.socket.write("?");
    await until("the other is answered", () => other.heard() === greeting + answer);
    expect([visitor.heard(), visitor.end()]).toEqual([greeting, undefined]);
  });

  it("says garbage instead, as much of it", async () => {
    const visitor = await greeted();
    wedge.strike("garbage");
    visitor.socket.write("?");
    await until("it is answered", () => visitor.heard().length === greeting.length + answer.length);
    expect(visitor.heard()).toBe(greeting + garbage(answer.length, `${greeting.length}`).toString("latin1"));
  });

  it("says half of what comes next, and closes", async () => {
    const visitor = await greeted();
    wedge.strike("half");
    visitor.socket.write("?");
    await until("it ends", () => visitor.end() !== undefined);
    expect([visitor.heard(), visitor.end()]).toEqual([greeting + answer.slice(0, answer.length / 2), "closed"]);
  });

  it.each<Fault>(["drip", "delay"])("keeps back what is to %s, and says it in the end, whole", async (fault) => {
    const visitor = await greeted();
    wedge.strike(fault);
    visitor.socket.write("?");
    const other = await greeted();
    other.socket.write("?");
    await until("the other is answered", () => other.heard() === greeting + answer);
    expect(visitor.heard().length).toBeLessThan(greeting.length + answer.length);
    wedge.heal();
    await until("it is answered", () => visitor.heard() === greeting + answer);
  });

  it("strikes in the middle of a chunk, whose rest is what is spoilt", async () => {
    const visitor = await greeted();
    wedge.afterBytes(9, "down", () => wedge.strike("half"));
    visitor.socket.write("?");
    await until("it ends", () => visitor.end() !== undefined);
    expect(visitor.heard()).toBe(greeting + answer.slice(0, 9 + Math.floor((answer.length - 9) / 2)));
  });

  it("strikes each connection before its first byte, until it is healed", async () => {
    wedge.atConnection(() => wedge.strike("silence"));
    const visitors = [come(), come()];
    await until("both are in", () => wedge.open === 2);
    wedge.heal();
    await greeted();
    expect(visitors.map(({ heard }) => heard())).toEqual(["", ""]);
  });

  it("is shut, or sends away who comes, before TCP has anything to pass on", async () => {
    for (const [fault, end] of [
      ["reset", "ECONNREFUSED"],
      ["fin", "closed"],
    ] as const) {
      await wedge.entrance.strike(fault);
      const visitor = come();
      await until("it ends", () => visitor.end() !== undefined);
      expect([visitor.heard(), visitor.end()]).toEqual(["", end]);
      await wedge.entrance.heal();
      await greeted();
    }
  });
});
