import { describe, expect, it } from "vitest";

import { resetSocket } from "../../src/drivers/socket.ts";
import type { Reading } from "./http-day.ts";
import { httpDays, patient, reading } from "./http-day.ts";
import type { HttpScript } from "./scripted-http-server.ts";
import { answer, breakAfter, endless } from "./scripted-http-server.ts";

const verbs = Object.keys(reading) as Reading[];

describe("a bad day with http: the head of an answer", () => {
  const day = httpDays();

  const faults: readonly [
    what: string,
    script: HttpScript,
    code: "timeout" | "connection-lost" | "protocol-error",
    says: RegExp,
  ][] = [
    ["no answer", () => undefined, "timeout", /said nothing for 700 ms/],
    ["half a status line", "HTTP/1.1 2", "timeout", /said nothing/],
    ["half a head", "HTTP/1.1 200 OK\r\nContent-Len", "timeout", /said nothing/],
    [
      "a head that drips without end",
      (socket) => drip(socket, "HTTP/1.1 200 OK\r\n", "x-a: b\r\n"),
      "timeout",
      /said nothing/,
    ],
    [
      "a head without end",
      (socket) => endless(socket, `HTTP/1.1 200 OK\r\nx: ${"y".repeat(10_000)}`),
      "protocol-error",
      /too long/,
    ],
    [
      "a header bomb",
      (socket) => endless(socket, `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(1_000)}`),
      "protocol-error",
      /HTTP|too long/,
    ],
    [
      "hints without end",
      (socket) => endless(socket, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
      "timeout",
      /said nothing/,
    ],
    [
      "100 Continue without being asked",
      (socket) => socket.write("HTTP/1.1 100 Continue\r\n\r\n"),
      "connection-lost",
      /closed/,
    ],
    [
      "an upgrade that nobody wanted",
      answer("101 Switching Protocols", ["Upgrade: x", "Connection: upgrade"]),
      "connection-lost",
      /closed/,
    ],
    ["a close instead of an answer", (socket) => socket.end(), "connection-lost", /closed/],
    ["a reset instead of an answer", (socket) => resetSocket(socket), "connection-lost", /reset|closed/],
    [
      "half a head and a reset",
      (socket) => breakAfter(socket, "HTTP/1.1 200 OK\r\nConte"),
      "connection-lost",
      /reset|closed/,
    ],
    ["half a head and a close", (socket) => socket.end("HTTP/1.1 200 OK\r\nConte"), "connection-lost", /closed/],
    ["another protocol", "SSH-2.0-OpenSSH_9.2p1\r\n", "protocol-error", /does not speak HTTP.*Check the port/],
    ["HTTP of another time", "HTTP/9.9 200 OK\r\n\r\n", "protocol-error", /does not speak HTTP/],
    ["a status that is none", "HTTP/1.1 2000000 OK\r\n\r\n", "protocol-error", /does not speak HTTP/],
    ["a header without a name", answer("200 OK", [": x"]), "protocol-error", /does not speak HTTP/],
    ["a header with NUL in it", answer("200 OK", ["x: a\0b"]), "protocol-error", /does not speak HTTP/],
    [
      "two lengths",
      answer("200 OK", ["Content-Length: 1", "Content-Length: 2"], "ab"),
      "protocol-error",
      /HTTP|length/,
    ],
    [
      "two lengths that agree",
      answer("200 OK", ["Content-Length: 2", "Content-Length: 2"], "ab"),
      "protocol-error",
      /HTTP|length/,
    ],
    ["a length that is none", answer("200 OK", ["Content-Length: -1"], "a"), "protocol-error", /HTTP/],
    [
      "a length that no number holds",
      answer("200 OK", ["Content-Length: 99999999999999999999999"], "a"),
      "protocol-error",
      /HTTP/,
    ],
    [
      "a length and chunks",
      answer("200 OK", ["Content-Length: 1", "Transfer-Encoding: chunked"], "1\r\na\r\n0\r\n\r\n"),
      "protocol-error",
      /HTTP/,
    ],
  ];
  for (const [what, script, code, says] of faults)
    it(`${what} is ${code} for every verb that reads`, async () => {
      day().server.on(script);
      await day().fails(verbs, { code, temporary: code !== "protocol-error", says });
    });

  it.each(["HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n"])(
    "what comes before the answer a few times is passed over: %j",
    async (hint) => {
      day().server.on(Buffer.concat([Buffer.from(hint.repeat(50)), answer("200 OK", ["Content-Length: 2"], "ok")]), 1);
      const transport = day().transport();
      expect(String(await transport.getBytes("file"))).toBe("ok");
      await day().works(transport);
      expect(day().server.accepted).toBe(1);
    },
  );

  it("a server that never answers costs each of a hundred operations no more than its limit", async () => {
    day().server.on(() => undefined);
    const transport = day().transport({ connections: 2, leaseTimeoutMs: 1_000 });
    const all = await Promise.allSettled(Array.from({ length: 100 }, (_, n) => transport.stat(`${n}`)));
    for (const result of all)
      expect(result).toMatchObject({ status: "rejected", reason: { code: expect.stringMatching(/^timeout$/) } });
    await day().works(transport);
  });

  it("disconnect() settles while nothing is answered, and so does who waits", async () => {
    day().server.on(() => undefined);
    const transport = day().transport({ silenceTimeoutMs: 60_000 });
    const waiting = transport.stat("file");
    waiting.catch(() => undefined);
    await expect.poll(() => day().server.requests.length).toBe(1);
    await transport.disconnect();
    await day().witness.failure(waiting, { code: "aborted", operation: "stat", says: /disconnect/ });
    await day().works(transport);
  });
});

describe("a bad day with http: a connection that is used again", () => {
  const day = httpDays();

  const endings: Record<string, HttpScript> = {
    "closes it": (socket) => socket.end(),
    "resets it": (socket) => resetSocket(socket),
  };
  it.each(Object.entries(endings))(
    "by which its server %s just then is healed once, and nobody sees it",
    async (_how, ending) => {
      const { server } = day();
      const transport = day().transport();
      for (const verb of ["stat", "getBytes", "get", "readv"] as const) {
        await transport.stat("before");
        const before = server.accepted;
        server.on(ending, 1);
        await reading[verb](transport, "file");
        expect(server.accepted, verb).toBe(before + 1);
      }
      expect(transport.connectionReport()?.refusals).toBe(0);
    },
  );

  it("that is silent when it is asked whether it lives is not used again, and nothing else happens", async () => {
    const { server } = day();
    const limits = { checkAfterIdleMs: 20, checkTimeoutMs: 100 };
    const transport = day().transport({ ...patient, ...limits });
    await transport.stat("before");
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.on((socket, { method }) =>
      method === "OPTIONS" ? undefined : socket.write(answer("200 OK", ["Content-Length: 7"], "content")),
    );
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect(server.requests.map(({ method }) => method).slice(-2)).toEqual(["OPTIONS", "GET"]);
    expect(server.accepted).toBe(2);
    await day().works(transport);
  });

  it("that is silent costs who waits for it no more than the wait", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.stat("before");
    server.on(() => undefined, 1);
    const silent = transport.stat("file");
    const waiting = Array.from({ length: 5 }, (_, n) => transport.getBytes(`${n}`));
    await witness.failure(silent, { code: "timeout", operation: "stat", says: /said nothing/ });
    expect((await Promise.all(waiting)).map(String)).toEqual(Array.from({ length: 5 }, () => "content"));
    expect(server.accepted).toBe(2);
  });

  it("that is lost each time it is used is told after the second time", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.stat("before");
    server.on((socket) => resetSocket(socket));
    await witness.failure(transport.stat("file"), { code: "connection-lost", operation: "stat", says: /reset|closed/ });
    expect(server.requests).toHaveLength(3);
    await day().works(transport);
  });

  it("says more than it was asked, and is not believed", async () => {
    const { server } = day();
    const transport = day().transport();
    const first = answer("200 OK", ["Content-Length: 5"], "first");
    server.on(Buffer.concat([first, answer("200 OK", ["Content-Length: 4"], "evil")]), 1);
    expect(String(await transport.getBytes("file"))).toBe("first");
    await expect.poll(() => server.open).toBe(0);
    await day().works(transport);
    expect(server.accepted).toBe(2);
  });

  it("speaks without being asked while it is idle, and is not believed", async () => {
    const { server } = day();
    const transport = day().transport();
    server.on((socket) => {
      socket.write(answer("200 OK", ["Content-Length: 5"], "first"));
      setTimeout(() => socket.write(answer("200 OK", ["Content-Length: 4"], "evil")), 20);
    }, 1);
    expect(String(await transport.getBytes("file"))).toBe("first");
    await expect.poll(() => server.open).toBe(0);
    await day().works(transport);
  });

  it("that is to be closed after its answer is not used again", async () => {
    const { server } = day();
    const transport = day().transport();
    server.on(answer("200 OK", ["Connection: close", "Content-Length: 2"], "ok"), 1);
    expect(String(await transport.getBytes("file"))).toBe("ok");
    await day().works(transport);
    expect([server.accepted, transport.connectionReport()?.wiresLost]).toEqual([2, 0]);
  });
});

/** Says something, and then a little more of it every few milliseconds. */
function drip(
  socket: Parameters<Extract<HttpScript, (...all: never[]) => unknown>>[0],
  first: string,
  drop: string,
): void {
  socket.write(first);
  const timer = setInterval(() => socket.write(drop), 100);
  socket.once("close", () => clearInterval(timer));
}
