import type { TLSSocket } from "node:tls";

import { describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { identity, scope, server, witness } from "./http2-day.ts";
import { hurried, reading } from "./http-day.ts";
import type { Http2Script } from "./raw-http2-server.ts";
import { endHeaders, endStream, field, frame, ok, word } from "./raw-http2-server.ts";
import { endless } from "./scripted-http-server.ts";

function transport(options: TransportOptions = {}): Transport {
  const tls = { ca: identity.cert };
  const checkTimeoutMs = 300;
  return scope.getTransport(`https://127.0.0.1:${server.port}/`, {
    logger: witness.logger,
    tls,
    checkTimeoutMs,
    ...hurried,
    ...options,
  } as TransportOptions);
}

async function works(used: Transport): Promise<void> {
  server.behave();
  expect(String(await used.getBytes("after"))).toBe("content");
}

const many = (count: number, one: (n: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, n) => one(n)));
const content = (stream: number): Buffer =>
  Buffer.concat([frame("headers", endHeaders, stream, ok), frame("data", endStream, stream, "content")]);

describe("a bad day with http/2: frames without end", () => {
  const floods: readonly [what: string, piece: (stream: number) => Buffer][] = [
    ["pings (CVE-2019-9512)", () => many(500, () => frame("ping", 0, 0, Buffer.alloc(8)))],
    ["resets of its stream (CVE-2019-9514)", (stream) => many(500, () => frame("rstStream", 0, stream, word(8)))],
    ["empty pieces of a body (CVE-2019-9518)", (stream) => many(500, () => frame("data", 0, stream))],
    [
      "priorities (CVE-2019-9513)",
      (stream) => many(500, () => frame("priority", 0, stream, Buffer.from([0, 0, 0, 0, 9]))),
    ],
    ["small windows", () => many(500, () => frame("windowUpdate", 0, 0, word(1)))],
    ["farewells", () => many(500, () => frame("goaway", 0, 0, Buffer.concat([word(0x7fffffff), word(0)])))],
  ];
  for (const [what, piece] of floods)
    it(`instead of an answer, of ${what}, end within the limit`, async () => {
      const used = transport();
      server.on((socket, stream) => {
        if (what.startsWith("empty")) socket.write(frame("headers", endHeaders, stream, ok));
        endless(socket, piece(stream));
      });
      // The head of an answer is all that stat wants.
      for (const verb of what.startsWith("empty") ? (["getBytes"] as const) : (["stat", "getBytes"] as const)) {
        const error = await reading[verb](used, "file").then(
          () => expect.unreachable("it resolved"),
          (reason: unknown) => reason,
        );
        witness.hear(error);
        expect(error).toMatchObject({ operation: verb, effect: "none", temporary: true });
        expect(["timeout", "connection-lost"]).toContain((error as { code?: unknown }).code);
      }
      await works(used);
    });

  it("of kinds that nobody knows are passed over", async () => {
    const used = transport();
    server.on((socket, stream) => {
      const unknown = frame("priority", 0, 0, "strange");
      unknown[3] = 0xbe;
      socket.write(Buffer.concat([many(2_000, () => unknown), content(stream)]));
    });
    expect(String(await used.getBytes("file"))).toBe("content");
    expect(server.accepted).toBe(1);
  });
});

describe("a bad day with http/2: a server that confuses its streams", () => {
  const answers: readonly [what: string, script: Http2Script][] = [
    [
      "resets a request that it has answered",
      (socket, stream) => after(socket, stream, frame("rstStream", 0, stream, word(0))),
    ],
    [
      "gives a window to a request that it has answered",
      (socket, stream) => after(socket, stream, frame("windowUpdate", 0, stream, word(10))),
    ],
    ["sends trailers behind the body", (socket, stream) => trailers(socket, stream, field("x-checksum", "1"))],
  ];
  it.each(answers)("and %s: the answer is good, and so is the next one", async (_what, script) => {
    const used = transport();
    server.on(script);
    expect(String(await used.getBytes("file"))).toBe("content");
    expect(String(await used.getBytes("file"))).toBe("content");
    await works(used);
  });

  const lies: readonly [what: string, script: Http2Script][] = [
    ["a status among the trailers", (socket, stream) => trailers(socket, stream, field(":status", "200"))],
    ["a length among the trailers", (socket, stream) => trailers(socket, stream, field("content-length", "3"))],
    ["trailers that are not the end", (socket, stream) => trailers(socket, stream, field("x", "y"), 0)],
    [
      "an upgrade, which there is not",
      (socket, stream) => socket.write(frame("headers", endHeaders | endStream, stream, field(":status", "101"))),
    ],
    [
      "a field of one connection only",
      (socket, stream) =>
        socket.write(
          Buffer.concat([
            frame("headers", endHeaders, stream, Buffer.concat([ok, field("connection", "close")])),
            frame("data", endStream, stream, "x"),
          ]),
        ),
    ],
    [
      "a field in capitals",
      (socket, stream) =>
        socket.write(
          Buffer.concat([
            frame("headers", endHeaders, stream, Buffer.concat([ok, field("X-Upper", "1")])),
            frame("data", endStream, stream, "x"),
          ]),
        ),
    ],
    [
      "two lengths",
      (socket, stream) =>
        socket.write(
          Buffer.concat([
            frame(
              "headers",
              endHeaders,
              stream,
              Buffer.concat([ok, field("content-length", "1"), field("content-length", "2")]),
            ),
            frame("data", endStream, stream, "xx"),
          ]),
        ),
    ],
    [
      "a final answer that is a hint and the end",
      (socket, stream) => socket.write(frame("headers", endHeaders | endStream, stream, field(":status", "103"))),
    ],
  ];
  it.each(lies)("and sends %s: that is no answer, and harms nobody else", async (_what, script) => {
    const used = transport();
    await used.getBytes("before");
    server.on(script);
    const error = await used.getBytes("file").then(
      (bytes) => expect.unreachable(`it resolved with ${String(bytes)}`),
      (reason: unknown) => reason,
    );
    witness.hear(error);
    expect(["timeout", "connection-lost", "protocol-error"]).toContain((error as { code?: unknown }).code);
    expect(error).toMatchObject({ operation: "getBytes", effect: "none" });
    await works(used);
  });
});

describe("a bad day with http/2: the window that all requests share", () => {
  it("is given back for what nobody reads any more: sixty abandoned downloads leave room for the next", async () => {
    const used = transport({ silenceTimeoutMs: 20_000 });
    const piece = Buffer.alloc(16_000, "x");
    // A server that keeps to the windows that it is given, as a real one does.
    const windows = new Windows();
    server.hears((_socket, { type, stream, payload }) => windows.hear(type, stream, payload));
    server.on((socket, stream) => {
      windows.open(stream);
      socket.write(frame("headers", endHeaders, stream, ok));
      windows.whenOpen(stream, socket, piece);
    });
    for (let times = 0; times < 60; times++) {
      const stream = await used.get("file");
      for await (const chunk of stream as AsyncIterable<Buffer>) if (chunk.length > 0) break;
      stream.destroy();
    }
    expect(windows.sent).toBeGreaterThan(20 * 1024 * 1024);
    expect(server.accepted).toBe(1);
    windows.stop();
    await works(used);
  });
});

/** What a client lets a server send (RFC 9113, 5.2). */
class Windows {
  sent = 0;
  #connection = 65_535;
  #initial = 65_535;
  readonly #streams = new Map<number, number>();
  readonly #waiting = new Map<number, () => void>();
  #stopped = false;

  open(stream: number): void {
    this.#streams.set(stream, this.#initial);
  }

  hear(type: number, stream: number, payload: Buffer): void {
    if (type === 4)
      for (let at = 0; at < payload.length; at += 6)
        if (payload.readUInt16BE(at) === 4) this.#initial = payload.readUInt32BE(at + 2);
    if (type === 3) this.#forget(stream);
    if (type !== 8) return;
    const bytes = payload.readUInt32BE(0);
    if (stream === 0) this.#connection += bytes;
    else if (this.#streams.has(stream)) this.#streams.set(stream, (this.#streams.get(stream) ?? 0) + bytes);
    for (const send of [...this.#waiting.values()]) send();
  }

  /** Sends pieces as long as the windows are open, and goes on when they are again. */
  whenOpen(stream: number, socket: TLSSocket, piece: Buffer): void {
    this.#waiting.set(stream, () => this.#send(stream, socket, piece));
    this.#send(stream, socket, piece);
  }

  stop(): void {
    this.#stopped = true;
  }

  #send(stream: number, socket: TLSSocket, piece: Buffer): void {
    for (;;) {
      const room = Math.min(this.#connection, this.#streams.get(stream) ?? 0);
      if (room < piece.length || this.#stopped || socket.destroyed) return;
      this.#connection -= piece.length;
      this.#streams.set(stream, (this.#streams.get(stream) ?? 0) - piece.length);
      this.sent += piece.length;
      socket.write(frame("data", 0, stream, piece));
    }
  }

  #forget(stream: number): void {
    this.#streams.delete(stream);
    this.#waiting.delete(stream);
  }
}

/** An answer, and then a frame for a request that is over. */
function after(socket: TLSSocket, stream: number, late: Buffer): void {
  socket.write(content(stream));
  setTimeout(() => socket.write(late), 10);
}

function trailers(socket: TLSSocket, stream: number, fields: Buffer, end = endStream): void {
  socket.write(
    Buffer.concat([
      frame("headers", endHeaders, stream, ok),
      frame("data", 0, stream, "content"),
      frame("headers", endHeaders | end, stream, fields),
    ]),
  );
}
