import { gzipSync } from "node:zlib";

import { describe, expect, it } from "vitest";

import type { HttpReaction, HttpServerOptions } from "../../../src/testing.ts";
import { bytesOf, patternedBytes } from "../../../src/testing/conformance/content.ts";
import { failureOf, open, requestsOf, serverWith } from "./http-site.ts";

const content = patternedBytes(100_000);

describe("a range of a file", () => {
  it("is all that the server is asked for", async () => {
    const server = await serverWith({ "/file": content });
    const transport = open(server.url);
    expect((await transport.getBytes("file", { offset: 10, length: 20 })).equals(content.subarray(10, 30))).toBe(true);
    expect((await bytesOf(await transport.get("file", { offset: 99_990 }))).equals(content.subarray(99_990))).toBe(
      true,
    );
    expect(requestsOf(server)).toEqual(["GET /file bytes=10-29", "GET /file bytes=99990-"]);
  });

  it("of a server that sends everything is cut out of it", async () => {
    const server = await serverWith({ "/file": content }, { ranges: "none" });
    const transport = open(server.url);
    expect(
      (await transport.getBytes("file", { offset: 50_000, length: 7 })).equals(content.subarray(50_000, 50_007)),
    ).toBe(true);
    expect((await bytesOf(await transport.get("file", { offset: 99_999 }))).equals(content.subarray(99_999))).toBe(
      true,
    );
    expect(await transport.getBytes("file", { offset: 100_000 })).toHaveLength(0);
  });

  it("that begins behind the end of the file is empty", async () => {
    const server = await serverWith({ "/file": content });
    const transport = open(server.url);
    expect(await transport.getBytes("file", { offset: 100_000, length: 5 })).toHaveLength(0);
    expect(await bytesOf(await transport.get("file", { offset: 200_000 }))).toHaveLength(0);
    expect(server.accepted).toBe(1);
  });

  const wrong: Record<string, HttpReaction> = {
    "begins elsewhere": { status: 206, headers: { "content-range": "bytes 0-9/100" }, body: "0123456789" },
    "does not say where it begins": { status: 206, body: "0123456789" },
    "is longer than was asked for": {
      status: 206,
      headers: { "content-range": "bytes 5-24/100" },
      body: "x".repeat(20),
    },
    "is shorter than was asked for": { status: 206, headers: { "content-range": "bytes 5-9/100" }, body: "01234" },
    "is in units that nobody knows": {
      status: 206,
      headers: { "content-range": "lines 5-14/100" },
      body: "0123456789",
    },
    "ends before it begins": { status: 206, headers: { "content-range": "bytes 5-4/100" }, body: "" },
  };
  it.each(Object.entries(wrong))("that %s is a protocol-error, and not taken for the file", async (_what, reaction) => {
    const server = await serverWith({}, { onRequest: () => reaction });
    const transport = open(server.url);
    const range = { offset: 5, length: 10 };
    expect(await failureOf(transport.getBytes("file", range))).toMatchObject({ code: "protocol-error", path: "file" });
    expect(await failureOf(transport.get("file", range))).toMatchObject({ code: "protocol-error", operation: "get" });
  });

  it("may be short where the file ends", async () => {
    const reaction: HttpReaction = { status: 206, headers: { "content-range": "bytes 5-9/10" }, body: "56789" };
    const server = await serverWith({}, { onRequest: () => reaction });
    expect(String(await open(server.url).getBytes("file", { offset: 5, length: 100 }))).toBe("56789");
  });

  it("with less behind it than its head says is connection-lost, also without a length", async () => {
    const headers = { "content-range": "bytes 5-14/100" };
    const server = await serverWith({}, { onRequest: () => chunked(206, headers, "012") });
    expect(await failureOf(open(server.url).getBytes("file", { offset: 5, length: 10 }))).toMatchObject({
      code: "connection-lost",
      temporary: true,
    });
  });
});

describe("an answer that ends too early", () => {
  const cut: HttpServerOptions = {
    onRequest: () => ({ status: 200, body: content, cutAfter: 40_000 }),
  };

  it("is connection-lost for getBytes, after a second attempt", async () => {
    const server = await serverWith({}, cut);
    const error = await failureOf(open(server.url).getBytes("file"));
    expect(error).toMatchObject({ code: "connection-lost", operation: "getBytes", temporary: true, effect: "none" });
    expect(requestsOf(server)).toEqual(["GET /file", "GET /file"]);
  });

  it("is connection-lost in the stream, which is never as if the file were shorter", async () => {
    const server = await serverWith({}, cut);
    const stream = await open(server.url).get("file");
    expect(await failureOf(bytesOf(stream))).toMatchObject({ code: "connection-lost", operation: "get" });
  });

  it("before its head is repeated once, on another connection", async () => {
    let requests = 0;
    const server = await serverWith(
      { "/file": "content" },
      { onRequest: () => (++requests === 1 ? "drop" : "answer") },
    );
    expect(String(await open(server.url).getBytes("file"))).toBe("content");
    expect(server.accepted).toBe(2);
  });

  it("every time is told after the second", async () => {
    const server = await serverWith({}, { onRequest: () => "drop" });
    expect(await failureOf(open(server.url).getBytes("file"))).toMatchObject({ code: "connection-lost" });
    expect(server.requests).toHaveLength(2);
  });
});

describe("what is read", () => {
  it("is what the server has, not what is in it: nothing is decompressed", async () => {
    const packed = gzipSync("hello");
    const server = await serverWith(
      {},
      {
        onRequest: () => ({ status: 200, headers: { "content-encoding": "gzip" }, body: packed }),
      },
    );
    expect((await open(server.url).getBytes("file")).equals(packed)).toBe(true);
    expect(server.requests[0]?.headers["accept-encoding"]).toBe("identity");
  });

  it("may come in chunks of unknown number", async () => {
    const server = await serverWith({ "/file": content }, { lengths: false });
    const transport = open(server.url);
    expect((await transport.getBytes("file")).equals(content)).toBe(true);
    expect((await bytesOf(await transport.get("file"))).equals(content)).toBe(true);
  });

  it("is not held in memory beyond maxBytes, whatever the server says of its length", async () => {
    for (const lengths of [true, false]) {
      const server = await serverWith({ "/file": patternedBytes(5_000_000) }, { lengths });
      const transport = open(server.url);
      expect(await failureOf(transport.getBytes("file", { maxBytes: 1_000 }))).toMatchObject({ code: "no-space" });
      expect(await transport.has("file")).toBe(true);
    }
  });

  it("may begin with early hints", async () => {
    const server = await serverWith({ "/file": "content" }, { hints: true });
    expect(String(await open(server.url).getBytes("file"))).toBe("content");
  });
});

/** An answer in chunks, cut to what it has. */
function chunked(status: number, headers: Readonly<Record<string, string>>, body: string): HttpReaction {
  return { status, headers, body, chunked: true };
}
