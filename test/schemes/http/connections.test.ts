import { beforeAll, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../../src/index.ts";
import type { HttpReaction, HttpServer, HttpServerOptions, TlsIdentity } from "../../../src/testing.ts";
import { generateTlsIdentity, startTap } from "../../../src/testing.ts";
import { bytesOf, patternedBytes } from "../../../src/testing/conformance/content.ts";
import { failureOf, open, serverWith } from "./http-site.ts";

const large = patternedBytes(8_000_000);
const files = { "/file": "content", "/large": large };

let identity: TlsIdentity;
beforeAll(async () => {
  identity = await generateTlsIdentity();
});

/** The kinds of connection there are, each with what a client needs for it. */
const kinds: Record<
  string,
  (options?: HttpServerOptions) => Promise<{ server: HttpServer; options: TransportOptions }>
> = {
  "HTTP/1.1": async (options) => ({ server: await serverWith(files, options), options: {} }),
  "HTTP/1.1 over TLS": async (options) => ({
    server: await serverWith(files, { ...options, tls: identity }),
    options: { tls: { ca: identity.cert } },
  }),
  "HTTP/2": async (options) => ({
    server: await serverWith(files, { ...options, tls: identity, http2: true }),
    options: { tls: { ca: identity.cert } },
  }),
};

describe.each(Object.entries(kinds))("over %s", (kind, start) => {
  const multiplexed = kind === "HTTP/2";

  it("a hundred operations are one connection", async () => {
    const { server, options } = await start();
    const transport = open(server.url, options);
    const all = await Promise.all(Array.from({ length: 100 }, async () => String(await transport.getBytes("file"))));
    expect(new Set(all)).toEqual(new Set(["content"]));
    expect(server.accepted).toBe(1);
    expect(transport.connectionReport()).toMatchObject({ wiresOpened: 1, wiresLost: 0, operations: 100 });
  });

  it("there are at most as many connections as were asked for, and one where that is enough", async () => {
    const { server, options } = await start();
    const transport = open(server.url, { ...options, connections: 3 });
    await transport.getBytes("file");
    expect(server.accepted).toBe(1);
    await Promise.all(Array.from({ length: 60 }, () => transport.getBytes("file")));
    expect(server.accepted).toBe(multiplexed ? 1 : 3);
  });

  it("an operation that is given up harms no other", async () => {
    const { server, options } = await start();
    const transport = open(server.url, { ...options, connections: 2 });
    const control = new AbortController();
    const kept = await transport.get("large");
    const doomed = await transport.get("large", { signal: control.signal });
    control.abort();
    expect(await failureOf(bytesOf(doomed))).toMatchObject({ code: "aborted", operation: "get" });
    expect(large.equals(await bytesOf(kept))).toBe(true);
    expect(String(await transport.getBytes("file"))).toBe("content");
    if (multiplexed) expect(server.accepted).toBe(1);
  });

  it("a stream that is destroyed early leaves the connection fit for others, or is left with it", async () => {
    const { server, options } = await start();
    const transport = open(server.url, options);
    for (let times = 0; times < 3; times++) {
      const stream = await transport.get("large");
      for await (const _chunk of stream) break;
      expect(String(await transport.getBytes("file"))).toBe("content");
    }
    if (multiplexed) expect(server.accepted).toBe(1);
    expect(transport.connectionReport()?.wiresOpen).toBe(1);
  });

  it("the server's silence ends an operation, and not the reader's", async () => {
    const { server, options } = await start({
      onRequest: ({ target }) => (target === "/silent" ? "silence" : "answer"),
    });
    const transport = open(server.url, { ...options, silenceTimeoutMs: 1_000, connections: 2 });
    const slow = await transport.get("large");
    expect(await failureOf(transport.stat("silent"))).toMatchObject({
      code: "timeout",
      operation: "stat",
      temporary: true,
    });
    expect(large.equals(await bytesOf(slow))).toBe(true);
    expect(String(await transport.getBytes("file"))).toBe("content");
  });

  it("a cut in the middle of many is repeated for all, on one new connection", async () => {
    const { server, options } = await start();
    const tap = await startTap({ port: server.port });
    const transport = open(server.url.replace(String(server.port), String(tap.port)), options);
    await transport.connect();
    const all = Array.from({ length: 10 }, async () => String(await transport.getBytes("file")));
    tap.sever();
    expect(new Set(await Promise.all(all))).toEqual(new Set(["content"]));
    expect(tap.accepted).toBe(2);
    await tap.close();
  });

  it.each(["reset", "close"] as const)(
    "a cut (%s) while a slow reader is in the middle is told to that reader alone",
    async (how) => {
      for (const closes of [false, true]) {
        if (multiplexed && closes) continue;
        const { server, options } = await start({ closes });
        const tap = await startTap({ port: server.port });
        const transport = open(server.url.replace(String(server.port), String(tap.port)), options);
        const stream = await transport.get("large");
        await new Promise((resolve) => setTimeout(resolve, 50));
        tap.sever(how);
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(await failureOf(bytesOf(stream))).toMatchObject({ code: "connection-lost", operation: "get" });
        expect(String(await transport.getBytes("file"))).toBe("content");
        await tap.close();
      }
    },
  );

  it("a stream that nobody reads gives its connection back, a slow reader is waited for", async () => {
    const { server, options } = await start();
    const patient = { ...options, unreadTimeoutMs: 200 } as TransportOptions;
    const transport = open(server.url, patient);
    const unread = await transport.get("large");
    expect(String(await transport.getBytes("file"))).toBe("content");
    if (multiplexed) expect(large.equals(await bytesOf(unread))).toBe(true);
    else expect(await failureOf(bytesOf(unread))).toMatchObject({ code: "timeout", operation: "get" });
    const slow = await transport.get("large");
    const chunks: Buffer[] = [];
    for await (const chunk of slow as AsyncIterable<Buffer>) {
      if (chunks.length === 0) await new Promise((resolve) => setTimeout(resolve, 400));
      chunks.push(chunk);
    }
    expect(large.equals(Buffer.concat(chunks))).toBe(true);
  });

  it("an idle connection that is not needed any more is closed", async () => {
    const { server, options } = await start();
    const transport = open(server.url, { ...options, idleTimeoutMs: 50 });
    await transport.getBytes("file");
    await expect.poll(() => server.open).toBe(0);
    await expect.poll(() => transport.connectionReport()?.state).toBe("idle");
    expect(transport.connectionReport()?.wiresLost).toBe(0);
    await transport.getBytes("file");
    expect(server.accepted).toBe(2);
  });

  it("a silent connection is kept alive where that is wanted", async () => {
    const { server, options } = await start();
    const transport = open(server.url, { ...options, keepaliveIntervalMs: 50 });
    await transport.getBytes("file");
    const before = transport.connectionReport()?.bytesReceived ?? 0;
    await expect.poll(() => (transport.connectionReport()?.bytesReceived ?? 0) > before).toBe(true);
    expect(server.accepted).toBe(1);
  });
});

describe("a server that closes each connection after its answer", () => {
  it("is connected to again and again, and nothing counts as lost", async () => {
    const server = await serverWith(files, { closes: true });
    const transport = open(server.url);
    for (let times = 0; times < 5; times++) expect(String(await transport.getBytes("file"))).toBe("content");
    expect(await transport.stat("large")).toMatchObject({ sizeBytes: large.length });
    expect(server.accepted).toBe(6);
    expect(transport.connectionReport()).toMatchObject({ wiresOpened: 6, wiresLost: 0 });
  });

  it("says where its answer ends by closing", async () => {
    const server = await serverWith(files, { closes: true, lengths: false });
    const transport = open(server.url);
    expect(large.equals(await transport.getBytes("large"))).toBe(true);
  });
});

describe("a connection that its server closes while it is idle", () => {
  it("is not lost, is not used again, and costs no operation a failure", async () => {
    const server = await serverWith(files, { keepAliveTimeoutMs: 30 });
    const transport = open(server.url);
    await transport.getBytes("file");
    await expect.poll(() => server.open).toBe(0);
    await expect.poll(() => transport.connectionReport()?.wiresOpen).toBe(0);
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect(transport.connectionReport()).toMatchObject({ wiresOpened: 2, wiresLost: 0 });
  });
});

describe("what does not speak HTTP", () => {
  it.each([
    ["a banner", "SSH-2.0-OpenSSH_9.2\r\n", "protocol-error"],
    ["noise", "\u0000\u0001\u0002\r\n\r\n", "protocol-error"],
    ["half a head", "HTTP/1.1 200 OK\r\ncontent-le", "connection-lost"],
    ["a head without end", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}`, "protocol-error"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx", "protocol-error"],
    ["nothing", "", "connection-lost"],
  ] as const)("is told as what it is: %s", async (_what, said, code) => {
    const { createServer } = await import("node:net");
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.once("data", () => socket.end(said));
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const transport = open(`http://127.0.0.1:${port}/`);
    expect(await failureOf(transport.stat("file"))).toMatchObject({ code, operation: "stat", effect: "none" });
    await transport.disconnect();
    await new Promise((resolve) => server.close(resolve));
  });

  it("and what is said without a question harms nobody", async () => {
    const server = await serverWith(files, {
      onRequest: (): HttpReaction => "answer",
    });
    const tap = await startTap(
      { port: server.port },
      { rewrite: (chunk, way) => (way === "down" ? Buffer.concat([chunk, chunk]) : chunk) },
    );
    const transport = open(`http://127.0.0.1:${tap.port}/`);
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect(String(await transport.getBytes("file"))).toBe("content");
    await tap.close();
  });
});

describe("HTTP/2", () => {
  it("is not spoken where it is not wanted", async () => {
    const server = await serverWith(files, { tls: identity, http2: true });
    const transport = open(server.url, { tls: { ca: identity.cert }, http: { http2: false }, connections: 2 });
    await Promise.all(Array.from({ length: 10 }, () => transport.getBytes("file")));
    expect(server.accepted).toBe(2);
  });

  it("lets a server that goes away finish what it has begun, and opens another connection for the rest", async () => {
    const server = await serverWith(files, { tls: identity, http2: true });
    const transport = open(server.url, { tls: { ca: identity.cert } });
    const begun = await transport.get("large");
    server.goAway();
    await expect.poll(() => transport.connectionReport()?.wiresOpen).toBe(0);
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect(large.equals(await bytesOf(begun))).toBe(true);
    expect(server.accepted).toBe(2);
    expect(transport.connectionReport()).toMatchObject({ wiresOpened: 2, wiresLost: 0 });
  });

  it("carries more slow readers than a server allows streams, one after another", async () => {
    const server = await serverWith(
      { "/file": patternedBytes(300_000) },
      { tls: identity, http2: true, maxStreams: 5 },
    );
    const transport = open(server.url, { tls: { ca: identity.cert } });
    const reads = Array.from({ length: 40 }, async () => bytesOf(await transport.get("file")));
    for (const read of await Promise.all(reads)) expect(read).toHaveLength(300_000);
    expect(server.accepted).toBe(1);
  });
});

describe("a list of transports", () => {
  it("has one for http and one for https, which are different places", async () => {
    const server = await serverWith(files);
    const secure = await serverWith(files, { tls: identity });
    const list: Transport[] = [];
    open(server.url, {}, list);
    open(secure.url, { tls: { ca: identity.cert } }, list);
    open(`${server.url}dir/`, {}, list);
    expect(list).toHaveLength(2);
  });

  it.each([
    ["https://h.example/", { tls: "none" }],
    ["http://h.example/", { tls: "required" }],
    ["http://h.example/", { tls: { required: true } }],
  ] as const)("has nothing that is less secure than was asked for: %s with %j", (url, options) => {
    expect(() => open(url, options)).toThrow(expect.objectContaining({ code: "invalid-url" }));
  });
});
