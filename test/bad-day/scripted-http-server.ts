import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";

import { resetSocket } from "../../src/drivers/socket.ts";

/** A request as it came. */
export interface ScriptedRequest {
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** Which connection it came on, from 1. */
  readonly connection: number;
}

/** How a request is answered: with these bytes, or with whatever is done to the connection. */
export type HttpScript = string | Buffer | ((socket: Socket, request: ScriptedRequest) => unknown);

/** An HTTP/1.1 server of which a test decides every byte. What no test speaks of it answers as a polite server does, with `content` for every file. */
export class ScriptedHttpServer implements AsyncDisposable {
  readonly port: number;
  readonly requests: ScriptedRequest[] = [];
  /** Connections so far. */
  accepted = 0;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #script: HttpScript = polite;
  #left = 0;

  constructor(listener: Server) {
    this.#listener = listener;
    this.port = (listener.address() as AddressInfo).port;
    listener.on("connection", (socket) => this.#accept(socket));
  }

  /** Connections open now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** The root's URL. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Answers in another way, the next `times` times; politely after that. */
  on(script: HttpScript, times = Infinity): this {
    this.#script = script;
    this.#left = times;
    return this;
  }

  /** Is polite again, to whatever comes from now on. */
  behave(): void {
    this.#left = 0;
  }

  async close(): Promise<void> {
    if (!this.#listener.listening) return;
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#listener, "close");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(socket: Socket): void {
    const connection = ++this.accepted;
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket)).on("error", () => socket.destroy());
    let waiting = "";
    socket.on("data", (chunk) => {
      waiting += chunk.toString("latin1");
      for (let end = waiting.indexOf("\r\n\r\n"); end >= 0; end = waiting.indexOf("\r\n\r\n")) {
        this.#answer(socket, parseRequest(waiting.slice(0, end), connection));
        waiting = waiting.slice(end + 4);
      }
    });
  }

  #answer(socket: Socket, request: ScriptedRequest): void {
    this.requests.push(request);
    const script = this.#left-- > 0 ? this.#script : polite;
    if (typeof script === "function") script(socket, request);
    else socket.write(script);
  }
}

export async function startScriptedHttp(): Promise<ScriptedHttpServer> {
  const listener = createServer({ noDelay: true }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  return new ScriptedHttpServer(listener);
}

/** An answer with its head and its body; `Content-Length` is the test's to say. */
export function answer(status: string, fields: readonly string[], body: string | Buffer = ""): Buffer {
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${[status, ...fields].join("\r\n")}\r\n\r\n`), Buffer.from(body)]);
}

/** Writes for as long as the other side is there and takes it: something without end. */
export function endless(socket: Socket, piece: string | Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", more);
  more();
}

/** Says something, and breaks the connection once it has arrived. */
export function breakAfter(socket: Socket, bytes: string | Buffer): void {
  socket.write(bytes, () => setTimeout(() => resetSocket(socket), 20));
}

function polite(socket: Socket, { method }: ScriptedRequest): void {
  const head = answer("200 OK", ["Content-Length: 7"]);
  socket.write(method === "HEAD" ? head : Buffer.concat([head, Buffer.from("content")]));
}

function parseRequest(head: string, connection: number): ScriptedRequest {
  const [line = "", ...fields] = head.split("\r\n");
  const [method = "", target = ""] = line.split(" ");
  const named = fields.map((field): [string, string] => {
    const colon = field.indexOf(":");
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  });
  return { method, target, headers: new Map(named), connection };
}
