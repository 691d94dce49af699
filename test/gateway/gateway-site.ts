import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import { request as startRequest } from "node:http";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";

import { afterEach } from "vitest";

import type { Gateway, ServeOptions, Transport } from "../../src/index.ts";
import { getTransport, serve } from "../../src/index.ts";

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanUp.splice(0).toReversed()) await undo();
});

/** Has something undone after the test. */
export function afterwards(undo: () => unknown): void {
  cleanUp.push(undo);
}

export async function start(transport: Transport, options?: ServeOptions): Promise<Gateway> {
  const gateway = await serve(transport, options);
  afterwards(() => gateway.close({ graceMs: 0 }));
  return gateway;
}

/** Long enough ago that no file is one that is being written. */
export const longAgo: Date = new Date("2021-03-04T05:06:07.000Z");

/** A store in memory with some files, each last written `longAgo`. */
export async function storeWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<Transport> {
  const transport = getTransport("memory:///");
  for (const [path, content] of Object.entries(files))
    await transport.put(path, content, { createParents: true, mtime: longAgo });
  return transport;
}

/** A transport of which some verbs are somebody else's. */
export function altered(transport: Transport, verbs: Partial<Transport>): Transport {
  return new Proxy(transport, {
    get(target, name) {
      const own = Reflect.get(verbs, name) as unknown;
      const value: unknown = own ?? Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks on a connection of its own. Rejects where the answer is cut short. The path goes out as it is. */
export async function ask(
  { port }: Gateway,
  path: string,
  { method = "GET", headers = {} }: Asking = {},
): Promise<Answer> {
  const request = startRequest({ host: "127.0.0.1", port, path, method, headers, agent: false });
  request.end();
  const [message] = await once(request, "response");
  // What goes wrong from here on is told by the body; on Node 24 by the request as well.
  request.on("error", () => undefined);
  return { status: message.statusCode, headers: message.headers, body: await buffer(message) };
}

/** Sends bytes as they are, and resolves with all that comes until the other side ends the connection. */
export async function sendRaw({ port }: Gateway, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(text, "latin1");
  socket.on("error", () => undefined); // A reset is an end, too: what came before it is the answer.
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  await new Promise((resolve) => socket.once("close", resolve)); // `once` of node:events would reject at the reset.
  return Buffer.concat(chunks).toString("latin1");
}
