import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";

import { startTap } from "samewire/testing";

import type { Entrance } from "./entrance.ts";
import { openEntrance } from "./entrance.ts";
import type { Started } from "./started.ts";
import { startAll } from "./started.ts";

/** Ports that clients may have been told and not used yet, all of them together. */
const mostNamed = 32;

/**
 * As `openEntrance`, for an FTP server: data connections, to ports that the server names in answer to EPSV or PASV, are delayed as well. Each port that it names
 * has a way of its own, until as many others were named after it as there are ways.
 */
export function openFtpEntrance(port: number, delayMs: number): Promise<Entrance> {
  if (delayMs === 0) return openEntrance(port, delayMs);
  return startAll(async (started) => {
    const ways = await Promise.all(Array.from({ length: mostNamed }, () => openWay(started, delayMs)));
    let named = 0;
    const control = await startTap(
      { port },
      {
        rewrite: (chunk, direction) => {
          const reply = direction === "down" ? chunk.toString("latin1") : "";
          const passive = passivePort(reply);
          if (passive === undefined) return chunk;
          const way = ways[named++ % ways.length] as Way;
          way.target = passive.port;
          return Buffer.from(reply.replace(passive.text, passive.saying(way.port)), "latin1");
        },
      },
    );
    started.add(control).delay(delayMs);
    return { port: control.port, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
  });
}

interface PassivePort {
  readonly port: number;
  /** Where the reply names it, and how that is with another one. */
  readonly text: string;
  saying(port: number): string;
}

/** What a reply to EPSV (RFC 2428) or PASV (RFC 959) names. */
function passivePort(reply: string): PassivePort | undefined {
  const [extended, port] = /\(\|\|\|([0-9]+)\|\)/.exec(reply) ?? [];
  if (extended !== undefined) return { port: Number(port), text: extended, saying: (other) => `(|||${other}|)` };
  const [text, host, high, low] = /(?<=^227 .*)([0-9]+(?:,[0-9]+){3}),([0-9]+),([0-9]+)/m.exec(reply) ?? [];
  if (text === undefined) return undefined;
  const saying = (other: number): string => `${host},${other >> 8},${other & 255}`;
  return { port: Number(high) * 256 + Number(low), text, saying };
}

/** A way to a data port that is named later. */
interface Way {
  /** Where clients connect. */
  readonly port: number;
  target: number;
}

async function openWay(started: Started, delayMs: number): Promise<Way> {
  const way = { port: 0, target: 0 };
  const relay = started.add(await startRelay(() => way.target, delayMs));
  way.port = started.add(await openEntrance(relay.port, delayMs)).port;
  return way;
}

/**
 * Passes connections on to the port of the moment. A server has a connection once the third packet of the handshake is there, after one and a half round
 * trips, which the proxy before this, with whom the client shakes hands at once, leaves out.
 */
async function startRelay(target: () => number, delayMs: number): Promise<Entrance> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const port = target();
    const end = (): void => void client.destroy();
    sockets.add(client.on("error", end));
    setTimeout(() => {
      const upstream = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
      sockets.add(upstream.on("error", end));
      client.pipe(upstream).pipe(client);
    }, 3 * delayMs);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
