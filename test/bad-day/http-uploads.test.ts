import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { resetSocket } from "../../src/drivers/socket.ts";
import type { Transport } from "../../src/index.ts";
import { TransportScope } from "../../src/index.ts";
import { hurried, patient } from "./http-day.ts";
import { answer } from "./scripted-http-server.ts";
import { Witness } from "./witness.ts";

/** What a test does once so many bytes of an upload have come; undefined: the upload is taken as a polite server takes it. */
interface Interruption {
  readonly atBytes: number;
  readonly does: (socket: Socket) => unknown;
}

const stored = answer("201 Created", ["Content-Length: 0"]);
const tooLarge = answer("413 Content Too Large", ["Content-Length: 0"]);

/** A server that takes uploads, in chunks or with a length, and answers them when they are whole, unless a test decides otherwise. */
class UploadServer {
  readonly port: number;
  accepted = 0;
  /** Bytes of each upload that was whole. */
  readonly whole: number[] = [];
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  interruption: Interruption | undefined;

  constructor(listener: Server) {
    this.#listener = listener;
    this.port = (listener.address() as AddressInfo).port;
    listener.on("connection", (socket) => this.#accept(socket));
  }

  get open(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#listener, "close");
  }

  #accept(socket: Socket): void {
    this.accepted++;
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket)).on("error", () => socket.destroy());
    let upload: { head: string; taken: number; tail: string } | undefined;
    let waiting = "";
    const take = (text: string): void => {
      waiting += text;
      if (upload === undefined) {
        const end = waiting.indexOf("\r\n\r\n");
        if (end < 0) return;
        const head = waiting.slice(0, end).toLowerCase();
        const rest = waiting.slice(end + 4);
        waiting = "";
        if (!head.startsWith("put ")) return void socket.write(answer("200 OK", ["Content-Length: 7"], "content"));
        upload = { head, taken: 0, tail: "" };
        return take(rest);
      }
      const { interruption } = this;
      upload.taken += waiting.length;
      upload.tail = (upload.tail + waiting).slice(-5);
      waiting = "";
      if (interruption !== undefined && upload.taken >= interruption.atBytes) {
        this.interruption = undefined;
        interruption.does(socket);
      }
      const length = /content-length: (\d+)/.exec(upload.head)?.[1];
      const isWhole = length === undefined ? upload.tail === "0\r\n\r\n" : upload.taken === Number(length);
      if (!isWhole) return;
      this.whole.push(upload.taken);
      upload = undefined;
      if (socket.writable) socket.write(stored);
    };
    socket.on("data", (bytes) => take(bytes.toString("latin1")));
  }
}

let server: UploadServer;
let witness: Witness;
let scope: TransportScope;
beforeEach(async () => {
  const listener = createServer({ noDelay: true, allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  server = new UploadServer(listener);
  witness = new Witness();
  scope = new TransportScope();
});
afterEach(async () => {
  await scope.close();
  // Who reads no more does not hear that somebody has gone.
  await server.close();
  await witness.swear();
});

function transport(options = {}): Transport {
  const { logger } = witness;
  return scope.getTransport(`dav://127.0.0.1:${server.port}/`, { logger, ...hurried, ...patient, ...options });
}

async function works(used: Transport): Promise<void> {
  server.interruption = undefined;
  expect(String(await used.getBytes("after"))).toBe("content");
  const before = server.whole.length;
  expect(await used.put("after", "whole", { atomic: false })).toBe(5);
  expect(server.whole).toHaveLength(before + 1);
}

const large = Buffer.alloc(8_000_000, "samewire ");

/** What cannot be read a second time. */
async function* pieces(count = 400): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n++) {
    await delay(0);
    yield Buffer.alloc(20_000, "new");
  }
}

/** Both kinds of what is sent: with a length, and in chunks. */
const sources: Record<string, () => Uint8Array | AsyncIterable<Uint8Array>> = {
  "content in memory": () => large,
  "a source": () => pieces(),
};

describe.each(Object.entries(sources))("a bad day with http: an answer before %s is whole", (_what, source) => {
  const refusals: Record<string, (socket: Socket) => unknown> = {
    "and the rest is taken": (socket) => socket.write(tooLarge),
    "and the rest is left": (socket) => socket.pause().write(tooLarge),
    "and the connection is closed": (socket) =>
      socket.end(answer("413 Content Too Large", ["Content-Length: 0", "Connection: close"])),
    "and a length that the answer does not have": (socket) =>
      socket.end(answer("413 Content Too Large", ["Content-Length: 50", "Connection: close"], "too large")),
  };
  it.each(Object.entries(refusals))("that refuses it, %s, is the answer", async (_how, does) => {
    const used = transport();
    server.interruption = { atBytes: 30_000, does };
    await witness.failure(used.put("file", source(), { atomic: false }), {
      code: "no-space",
      operation: "put",
      says: /as large as that/,
    });
    expect(server.whole).toEqual([]);
    await works(used);
  });

  it("that says that it is stored is not believed", async () => {
    const used = transport();
    server.interruption = { atBytes: 30_000, does: (socket) => socket.pause().write(stored) };
    await witness.failure(used.put("file", source(), { atomic: false }), {
      code: "protocol-error",
      operation: "put",
      effect: "unknown",
      says: /before it had all/,
    });
    await works(used);
  });

  it("that is two answers is the first of them", async () => {
    const used = transport();
    server.interruption = { atBytes: 30_000, does: (socket) => socket.write(Buffer.concat([tooLarge, stored])) };
    await witness.failure(used.put("file", source(), { atomic: false }), {
      code: "no-space",
      operation: "put",
      says: /as large as that/,
    });
    await works(used);
  });

  it("of hints, however many, is none; the answer behind them counts", async () => {
    const used = transport();
    const hints = Buffer.from("HTTP/1.1 102 Processing\r\n\r\n".repeat(200));
    server.interruption = { atBytes: 30_000, does: (socket) => socket.write(hints) };
    expect(await used.put("file", source(), { atomic: false })).toBe(large.length);
    expect(server.whole).toHaveLength(1);
    await works(used);
  });

  it("that is the end of what the server has to say is a lost connection, also where it still listens", async () => {
    const used = transport();
    server.interruption = { atBytes: 30_000, does: (socket) => socket.end() };
    const put = used.put("file", source(), { atomic: false });
    // Content in memory is sent once more.
    if (source() instanceof Uint8Array) expect(await put).toBe(large.length);
    else
      await witness.failure(put, {
        code: "connection-lost",
        operation: "put",
        effect: "unknown",
        says: /closed|ended/,
      });
    await works(used);
  });

  it("that is a reset with its reason is that reason, or a lost connection", async () => {
    const used = transport();
    server.interruption = {
      atBytes: 30_000,
      does: (socket) => socket.write(tooLarge, () => setTimeout(() => resetSocket(socket), 20)),
    };
    const error = await used.put("file", pieces(), { atomic: false }).catch((reason: unknown) => reason);
    witness.hear(error);
    expect(["no-space", "connection-lost"]).toContain((error as { code?: unknown }).code);
    await works(used);
  });
});
