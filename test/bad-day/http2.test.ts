import type { TLSSocket } from "node:tls";

import { describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import type { Reading } from "./http-day.ts";
import { identity, scope, server, witness } from "./http2-day.ts";
import { hurried, patient, reading, token } from "./http-day.ts";
import type { Http2Script } from "./raw-http2-server.ts";
import { endHeaders, endStream, field, frame, ok, word } from "./raw-http2-server.ts";
import { endless } from "./scripted-http-server.ts";
import type { ExpectedFailure } from "./witness.ts";

const verbs = ["stat", "get", "getBytes", "readv", "list"] as const satisfies readonly Reading[];
const contents = ["get", "getBytes", "readv"] as const satisfies readonly Reading[];

function transport(options: TransportOptions = {}): Transport {
  const tls = { ca: identity.cert };
  const http = { bearerToken: token };
  // How long a wire that is asked whether it lives may take is no option of users.
  const checkTimeoutMs = 300;
  return scope.getTransport(`https://127.0.0.1:${server.port}/`, {
    logger: witness.logger,
    tls,
    http,
    checkTimeoutMs,
    ...hurried,
    ...options,
  } as TransportOptions);
}

async function works(used: Transport): Promise<void> {
  server.behave();
  expect(String(await used.getBytes("after"))).toBe("content");
}

async function fails(which: readonly Reading[], expected: Omit<ExpectedFailure, "operation">): Promise<void> {
  const used = transport(expected.code === "timeout" ? {} : patient);
  for (const verb of which) await witness.failure(reading[verb](used, "file"), { ...expected, operation: verb });
  await works(used);
}

/** Errors of the protocol that Node 20 keeps to itself: then silence tells. Later ones end the session. */
const keptSecret: Code = Number(process.versions.node.split(".")[0]) < 24 ? "timeout" : "connection-lost";

type Code = "timeout" | "connection-lost" | "connection-failed" | "protocol-error" | "too-many-connections";

describe("a bad day with http/2: a server that does not greet as it should", () => {
  const greetings: readonly [what: string, greeting: (socket: TLSSocket) => unknown, code: Code][] = [
    ["says nothing", () => undefined, "timeout"],
    ["hangs up", (socket) => socket.end(), "connection-failed"],
    ["resets", () => server.sever(), "connection-failed"],
    ["speaks HTTP/1.1 after all", (socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"), "connection-failed"],
    [
      "says settings that are none",
      (socket) => socket.write(frame("settings", 0, 0, "abc")),
      keptSecret === "timeout" ? keptSecret : "connection-failed",
    ],
    [
      "goes away at once",
      (socket) => socket.write(frame("goaway", 0, 0, Buffer.concat([word(0), word(11)]))),
      "connection-failed",
    ],
    ["says noise", (socket) => socket.write(Buffer.alloc(50_000, 0xff)), "connection-failed"],
  ];
  it.each(greetings)("%s: that ends", async (_what, greeting, code) => {
    server.greets(greeting);
    const used = transport({ connectTimeoutMs: 600 });
    const error = await witness.failure(used.stat("file"), {
      code,
      operation: code === "timeout" ? "connect" : "stat",
      temporary: true,
      says: /./,
    });
    expect(error.effect).toBe("none");
    server.behave();
    await works(used);
  });
});

describe("a bad day with http/2: a request", () => {
  const faults: readonly [what: string, script: Http2Script, code: Code][] = [
    ["that is not answered", () => undefined, "timeout"],
    ["that is answered by hints without end", (socket, stream) => hints(socket, stream), "timeout"],
    ["whose connection is closed", (socket) => socket.end(), "connection-lost"],
    ["whose connection is reset", () => server.sever(), "connection-lost"],
    [
      "whose stream is reset",
      (socket, stream) => socket.write(frame("rstStream", 0, stream, word(2))),
      "connection-lost",
    ],
    [
      "whose stream is cancelled",
      (socket, stream) => socket.write(frame("rstStream", 0, stream, word(8))),
      "connection-lost",
    ],
    [
      "whose server goes away in anger",
      (socket) => socket.write(frame("goaway", 0, 0, Buffer.concat([word(0), word(2)]))),
      "connection-lost",
    ],
    [
      "that is answered without a status",
      (socket, stream) => socket.write(frame("headers", endHeaders | endStream, stream, field("x", "y"))),
      "connection-lost",
    ],
    [
      "that is answered by noise",
      (socket, stream) => socket.write(frame("headers", endHeaders, stream, Buffer.alloc(100, 0xff))),
      keptSecret,
    ],
    [
      "that is answered by data alone",
      (socket, stream) => socket.write(frame("data", endStream, stream, "content")),
      keptSecret,
    ],
    [
      "that is answered on a stream that nobody opened",
      (socket) => socket.write(frame("headers", endHeaders, 99, ok)),
      "connection-lost",
    ],
    [
      "that is answered by a frame without end",
      (socket, stream) => socket.write(frame("headers", endHeaders, stream, Buffer.alloc(100_000))),
      keptSecret,
    ],
    ["that is answered by a header bomb", bomb, "connection-lost"],
    ["that is answered by continuations without end", continuations, "connection-lost"],
    [
      "that is answered by a push",
      (socket, stream) => socket.write(frame("pushPromise", endHeaders, stream, Buffer.concat([word(2), ok]))),
      "connection-lost",
    ],
    [
      "that is answered by settings without end",
      (socket) => endless(socket, Buffer.concat(Array.from({ length: 500 }, () => frame("settings", 0, 0)))),
      "connection-lost",
    ],
    ["whose window overflows", (socket) => socket.write(Buffer.concat([windows(), windows()])), "connection-lost"],
  ];
  for (const [what, script, code] of faults)
    it(`${what} is ${code} for every verb that reads`, async () => {
      server.on(script);
      await fails(verbs, { code, temporary: true, says: /./ });
    });

  it("that is refused unseen is sent again, and nobody sees it", async () => {
    let refusals = 3;
    server.on((socket, stream) => {
      if (refusals-- > 0) return socket.write(frame("rstStream", 0, stream, word(7)));
      server.behave();
      return socket.write(
        Buffer.concat([frame("headers", endHeaders, stream, ok), frame("data", endStream, stream, "here")]),
      );
    });
    expect(String(await transport().getBytes("file"))).toBe("here");
    expect([server.requests, server.accepted]).toEqual([4, 1]);
  });

  it("that is refused unseen without end is given up", async () => {
    server.on((socket, stream) => socket.write(frame("rstStream", 0, stream, word(7))));
    await fails(["stat"], { code: "too-many-connections", temporary: true, says: /no more requests/ });
    expect(server.requests).toBeLessThan(30);
  });

  it("that is lost once is repeated once, and nobody sees it", async () => {
    for (const verb of contents) {
      let first = true;
      server.on((socket, stream) => {
        if (first) server.sever();
        else
          socket.write(
            Buffer.concat([frame("headers", endHeaders, stream, ok), frame("data", endStream, stream, "content")]),
          );
        first = false;
      });
      expect(String(await reading[verb](transport(), "file")), verb).toBe("content");
    }
  });

  it("that is not answered harms none that is", async () => {
    const used = transport();
    let requests = 0;
    server.on((socket, stream) => {
      if (++requests === 1) return;
      socket.write(
        Buffer.concat([frame("headers", endHeaders, stream, ok), frame("data", endStream, stream, "content")]),
      );
    });
    const silent = witness.failure(used.stat("silent"), { code: "timeout", operation: "stat", says: /said nothing/ });
    const answered = setInterval(() => void used.getBytes("file").catch((error: unknown) => witness.hear(error)), 50);
    await silent;
    clearInterval(answered);
    await works(used);
    expect(server.accepted).toBe(1);
  });

  it("of which a hundred wait is told to all of them when the connection is reset, and each is repeated once", async () => {
    const used = transport();
    await used.getBytes("before");
    const before = server.requests;
    server.on(() => undefined);
    const all = Promise.allSettled(Array.from({ length: 100 }, (_, n) => used.getBytes(`${n}`)));
    await expect.poll(() => server.requests - before).toBe(100);
    server.behave();
    server.sever();
    for (const result of await all) expect(result).toMatchObject({ status: "fulfilled" });
    expect([server.requests - before, server.accepted]).toEqual([200, 2]);
  });
});

describe("a bad day with http/2: a body", () => {
  const head = (stream: number, ...fields: readonly Buffer[]): Buffer =>
    frame("headers", endHeaders, stream, Buffer.concat([ok, ...fields]));
  const ten = field("content-length", "10");

  const faults: readonly [what: string, script: Http2Script, code: Code][] = [
    [
      "shorter than its length",
      (socket, stream) => socket.write(Buffer.concat([head(stream, ten), frame("data", endStream, stream, "0123")])),
      "connection-lost",
    ],
    [
      "longer than its length",
      (socket, stream) =>
        socket.write(Buffer.concat([head(stream, ten), frame("data", endStream, stream, "x".repeat(11))])),
      "connection-lost",
    ],
    [
      "empty in spite of its length",
      (socket, stream) => socket.write(frame("headers", endHeaders | endStream, stream, Buffer.concat([ok, ten]))),
      "connection-lost",
    ],
    [
      "cut by a reset of its stream",
      (socket, stream) =>
        socket.write(
          Buffer.concat([head(stream), frame("data", 0, stream, "0123"), frame("rstStream", 0, stream, word(2))]),
        ),
      "connection-lost",
    ],
    [
      "ended by a reset of its stream without an error",
      (socket, stream) =>
        socket.write(
          Buffer.concat([head(stream, ten), frame("data", 0, stream, "0123"), frame("rstStream", 0, stream, word(0))]),
        ),
      "connection-lost",
    ],
    [
      "cut by a close",
      (socket, stream) => socket.end(Buffer.concat([head(stream), frame("data", 0, stream, "0123")])),
      "connection-lost",
    ],
    [
      "cut by a reset",
      (socket, stream) =>
        socket.write(Buffer.concat([head(stream), frame("data", 0, stream, "0123")]), () => server.sever()),
      "connection-lost",
    ],
    [
      "cut by an angry farewell",
      (socket, stream) =>
        socket.write(
          Buffer.concat([
            head(stream),
            frame("data", 0, stream, "0123"),
            frame("goaway", 0, 0, Buffer.concat([word(stream), word(1)])),
          ]),
        ),
      "connection-lost",
    ],
    [
      "silent in the middle",
      (socket, stream) => socket.write(Buffer.concat([head(stream), frame("data", 0, stream, "0123")])),
      "timeout",
    ],
    [
      "with padding longer than itself",
      (socket, stream) =>
        socket.write(Buffer.concat([head(stream), frame("data", 8 | endStream, stream, Buffer.from([200, 1, 2]))])),
      keptSecret,
    ],
  ];
  for (const [what, script, code] of faults)
    it(`${what} is ${code}, and never a shorter file`, async () => {
      server.on(script);
      await fails(contents, { code, temporary: true, says: /./ });
    });

  it("without end is not held in memory, and costs its stream alone", async () => {
    const used = transport();
    server.on((socket, stream) => {
      socket.write(head(stream));
      endless(socket, frame("data", 0, stream, Buffer.alloc(16_000)));
      server.behave();
    });
    await witness.failure(used.getBytes("file", { maxBytes: 500_000 }), {
      code: "no-space",
      operation: "getBytes",
      says: /maxBytes/,
    });
    await works(used);
  });

  it("that comes faster than it is read is not held in memory either", async () => {
    const used = transport();
    server.on((socket, stream) => {
      socket.write(head(stream));
      endless(socket, frame("data", 0, stream, Buffer.alloc(16_000)));
    });
    const stream = await used.get("file");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(stream.readableLength).toBeLessThan(2_000_000);
    stream.destroy();
    await works(used);
  });

  it("goes on behind a friendly farewell, and what is asked later goes elsewhere", async () => {
    const used = transport();
    server.on((socket, stream) => {
      socket.write(
        Buffer.concat([
          head(stream, ten),
          frame("data", 0, stream, "01234"),
          frame("goaway", 0, 0, Buffer.concat([word(stream), word(0)])),
        ]),
      );
      setTimeout(() => socket.write(frame("data", endStream, stream, "56789")), 100);
      server.behave();
    });
    const begun = used.getBytes("file");
    await expect.poll(() => used.connectionReport()).toMatchObject({ wiresOpened: 1, wiresOpen: 0 });
    await works(used);
    expect(String(await begun)).toBe("0123456789");
    expect([server.accepted, used.connectionReport()?.wiresLost]).toEqual([2, 0]);
  });

  it("whose server said farewell and nothing more ends at its limit", async () => {
    const used = transport();
    server.on((socket, stream) => {
      socket.write(Buffer.concat([head(stream, ten), frame("goaway", 0, 0, Buffer.concat([word(stream), word(0)]))]));
    });
    await fails(["get", "getBytes", "readv"], { code: "timeout", temporary: true, says: /said nothing for 700 ms/ });
    await works(used);
  });

  it("whose server said farewell and nothing more ends when the operation is given up", async () => {
    const used = transport();
    const given = new AbortController();
    server.on((socket, stream) => {
      socket.write(Buffer.concat([head(stream, ten), frame("goaway", 0, 0, Buffer.concat([word(stream), word(0)]))]));
    });
    const begun = used.getBytes("file", { signal: given.signal });
    await expect.poll(() => used.connectionReport()).toMatchObject({ wiresOpened: 1, wiresOpen: 0 });
    given.abort();
    await witness.failure(begun, { code: "aborted", operation: "getBytes", says: /aborted/ });
    await works(used);
  });
});

/** Interim answers, and no other. */
function hints(socket: TLSSocket, stream: number): void {
  const hint = frame("headers", endHeaders, stream, Buffer.concat([field(":status", "103"), field("link", "</a>")]));
  const timer = setInterval(() => socket.write(hint), 20);
  socket.once("close", () => clearInterval(timer));
}

/** More fields than any answer has. */
function bomb(socket: TLSSocket, stream: number): void {
  const fields = Buffer.concat(Array.from({ length: 14 }, (_, n) => field(`x-${n}`, "y".repeat(1_000))));
  socket.write(frame("headers", 0, stream, Buffer.concat([ok, fields])));
  for (let n = 0; n < 20; n++) socket.write(frame("continuation", n === 19 ? endHeaders : 0, stream, fields));
}

function continuations(socket: TLSSocket, stream: number): void {
  socket.write(frame("headers", 0, stream, ok));
  endless(socket, frame("continuation", 0, stream, ""));
}

function windows(): Buffer {
  return frame("windowUpdate", 0, 0, word(0x7fffffff));
}
