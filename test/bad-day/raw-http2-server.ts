import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import type { Server, TLSSocket } from "node:tls";
import { createServer } from "node:tls";

import { resetSocket } from "../../src/drivers/socket.ts";
import type { TlsIdentity } from "../../src/testing.ts";

/** Types of frames: RFC 9113, 6. */
export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** The bytes of a frame. */
export function frame(
  type: keyof typeof frameTypes,
  flags: number,
  stream: number,
  payload: Uint8Array | string = "",
): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = frameTypes[type];
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** Of DATA and HEADERS. */
export const endStream = 1;
/** Of HEADERS and CONTINUATION. */
export const endHeaders = 4;

/** `:status: 200`, from the static table of HPACK. */
export const ok: Buffer = Buffer.from([0x88]);

/** A header field that HPACK does not remember, by a name below 127 bytes. */
export function field(name: string, value: string): Buffer {
  const [key, text] = [Buffer.from(name), Buffer.from(value, "latin1")];
  // Of a length from 127 on the rest follows, seven bits to a byte.
  const length: number[] = [];
  if (text.length < 127) length.push(text.length);
  else {
    length.push(127);
    let rest = text.length - 127;
    for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from([0x00, key.length]), key, Buffer.from(length), text]);
}

/** A number of four bytes. */
export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** What a server does with the connection when a request has come on a stream. */
export type Http2Script = (socket: TLSSocket, stream: number) => unknown;

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** An HTTP/2 server of which a test decides every frame. What no test speaks of it answers as a polite server does, with `content` for every file. */
export class RawHttp2Server implements AsyncDisposable {
  readonly port: number;
  /** Requests so far. */
  requests = 0;
  /** Connections so far. */
  accepted = 0;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #script: Http2Script = polite;
  #greeting: ((socket: TLSSocket) => unknown) | undefined;
  #hearing: ((socket: TLSSocket, frame: Frame) => unknown) | undefined;

  constructor(listener: Server) {
    this.#listener = listener;
    this.port = (listener.address() as AddressInfo).port;
    listener.on("connection", (socket: Socket) => this.#keep(socket));
    listener.on("secureConnection", (socket) => this.#accept(socket));
    listener.on("tlsClientError", (_error, socket) => socket.destroy());
  }

  /** Connections open now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Answers requests in another way from now on. */
  on(script: Http2Script): this {
    this.#script = script;
    return this;
  }

  /** Has every frame that comes from now on heard, before a request is answered. */
  hears(hearing: (socket: TLSSocket, frame: Frame) => unknown): this {
    this.#hearing = hearing;
    return this;
  }

  /** Breaks every connection, as a network does. */
  sever(): void {
    for (const socket of this.#sockets) resetSocket(socket);
  }

  /** Greets in another way who comes from now on, and does nothing else. */
  greets(greeting: (socket: TLSSocket) => unknown): this {
    this.#greeting = greeting;
    return this;
  }

  /** Is polite again, to whatever comes from now on. */
  behave(): void {
    this.#script = polite;
    this.#greeting = undefined;
    this.#hearing = undefined;
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

  #keep(socket: Socket): void {
    this.accepted++;
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket)).on("error", () => socket.destroy());
  }

  #accept(socket: TLSSocket): void {
    socket.on("error", () => socket.destroy());
    if (this.#greeting !== undefined) {
      socket.resume();
      this.#greeting(socket);
      return;
    }
    socket.write(frame("settings", 0, 0));
    let waiting: Buffer = Buffer.alloc(0);
    let greeted = false;
    socket.on("data", (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      if (!greeted && waiting.length >= preface.length) {
        greeted = true;
        waiting = waiting.subarray(preface.length);
      }
      while (greeted && waiting.length >= 9 && waiting.length >= 9 + waiting.readUIntBE(0, 3)) {
        const length = waiting.readUIntBE(0, 3);
        this.#take(socket, {
          type: waiting[3] ?? 0,
          flags: waiting[4] ?? 0,
          stream: waiting.readUInt32BE(5),
          payload: waiting.subarray(9, 9 + length),
        });
        waiting = waiting.subarray(9 + length);
      }
    });
  }

  #take(socket: TLSSocket, heard: Frame): void {
    const { type, flags, stream, payload } = heard;
    if (socket.destroyed) return;
    this.#hearing?.(socket, heard);
    if (type === frameTypes.settings && (flags & 1) === 0) socket.write(frame("settings", 1, 0));
    if (type === frameTypes.ping && (flags & 1) === 0) socket.write(frame("ping", 1, 0, payload));
    if (type !== frameTypes.headers) return;
    this.requests++;
    this.#script(socket, stream);
  }
}

export async function startRawHttp2({ cert, key }: TlsIdentity): Promise<RawHttp2Server> {
  const listener = createServer({ cert, key, ALPNProtocols: ["h2"] }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  return new RawHttp2Server(listener);
}

function polite(socket: TLSSocket, stream: number): void {
  socket.write(Buffer.concat([frame("headers", endHeaders, stream, ok), frame("data", endStream, stream, "content")]));
}
