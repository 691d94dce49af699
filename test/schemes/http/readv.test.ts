import { describe, expect, it } from "vitest";

import type { ByteRange, Transport } from "../../../src/index.ts";
import type { HttpReaction, HttpServer, HttpServerOptions } from "../../../src/testing.ts";
import { collect, patternedBytes } from "../../../src/testing/conformance/content.ts";
import { seedTree } from "./seed-tree.ts";
import { failureOf, open, requestsOf, serverWith } from "./http-site.ts";

const size = 3_000_000;
const content = patternedBytes(size);
/** Three hundred parts of 100 bytes, 10 KB apart: too far to be read together, and too many for one request. */
const scattered = Array.from({ length: 300 }, (_, index) => ({ offset: index * 10_000, length: 100 }));

async function expectParts(transport: Transport, ranges: readonly ByteRange[], path = "file"): Promise<void> {
  const parts = await collect(transport.readv(path, ranges));
  expect(parts).toHaveLength(ranges.length);
  for (const [index, { offset, length }] of ranges.entries())
    expect(parts[index]?.equals(content.subarray(offset, offset + length)), `part ${index}`).toBe(true);
}

describe("readv", () => {
  it("asks a server that can for many ranges at once", async () => {
    const server = await serverWith({ "/file": content });
    await expectParts(open(server.url), scattered);
    expect(server.requests).toHaveLength(2);
    expect(server.accepted).toBe(1);
  });

  it("asks for what is near in one range", async () => {
    const server = await serverWith({ "/file": content });
    await expectParts(open(server.url), [
      { offset: 100, length: 10 },
      { offset: 2_000, length: 10 },
      { offset: 90, length: 5 },
    ]);
    expect(requestsOf(server)).toEqual(["GET /file bytes=90-2009"]);
  });

  it("asks for one range only with a single one, which every server can", async () => {
    for (const ranges of ["many", "one", "first", "merged"] as const) {
      const server = await serverWith({ "/file": content }, { ranges });
      await expectParts(open(server.url), [{ offset: 1_000_000, length: 3 }]);
      expect(requestsOf(server)).toEqual(["GET /file bytes=1000000-1000002"]);
    }
  });

  it("takes one range that spans all that were asked for", async () => {
    const server = await serverWith({ "/file": content }, { ranges: "merged" });
    await expectParts(open(server.url), scattered);
    expect(server.requests.length).toBeLessThan(4);
  });

  it("asks one by one where a server answers the first of several, and remembers it", async () => {
    const server = await serverWith({ "/file": content }, { ranges: "first" });
    const transport = open(server.url);
    await expectParts(transport, scattered.slice(0, 20));
    const first = server.requests.length;
    expect(first).toBeLessThan(23);
    await expectParts(transport.clone(), scattered.slice(20, 40));
    expect(server.requests.length - first).toBe(20);
  });

  it("asks one by one where several ranges would be answered with all of a large file", async () => {
    const large = patternedBytes(40_000_000);
    const server = await serverWith({ "/large": large }, { ranges: "one" });
    const ranges = scattered.slice(0, 10);
    const parts = await collect(open(server.url).readv("large", ranges));
    for (const [index, { offset, length }] of ranges.entries())
      expect(parts[index]?.equals(large.subarray(offset, offset + length))).toBe(true);
    expect(server.requests).toHaveLength(11);
  });

  it("fetches the whole file once where a server knows no ranges", async () => {
    const server = await serverWith({ "/file": content }, { ranges: "none" });
    await expectParts(open(server.url), [...scattered].reverse());
    expect(server.requests).toHaveLength(1);
  });

  it("cuts its parts out of a large file that a server only gives whole, and holds no more of it", async () => {
    const large = patternedBytes(40_000_000);
    const server = await serverWith({ "/large": large }, { ranges: "none", lengths: false });
    const ranges = [
      { offset: 39_999_990, length: 10 },
      { offset: 5, length: 2_000_000 },
    ];
    const parts = await collect(open(server.url).readv("large", ranges));
    for (const [index, { offset, length }] of ranges.entries())
      expect(parts[index]?.equals(large.subarray(offset, offset + length))).toBe(true);
  });

  it("of one file that is only given whole takes nothing for granted about another", async () => {
    const server = await serverWith(
      { "/file": content, "/page": content },
      {
        onRequest: ({ target }) => (target === "/page" ? { status: 200, body: content } : "answer"),
      },
    );
    const transport = open(server.url);
    await expectParts(transport, scattered.slice(0, 5), "page");
    await expectParts(transport, [{ offset: 5, length: 5 }]);
    expect(requestsOf(server)[1]).toBe("GET /file bytes=5-9");
  });

  it("may read much more than is held at a time", async () => {
    const server = await serverWith({ "/file": content });
    const whole = Array.from({ length: 30 }, (_, index) => ({ offset: index * 100_000, length: 100_000 }));
    await expectParts(open(server.url), [...whole, ...whole, ...whole]);
  });

  it("keeps several requests in flight where connections allow", async () => {
    let now = 0;
    let most = 0;
    const server = await serverWith(
      { "/file": content },
      {
        ranges: "one",
        onRequest: async (): Promise<HttpReaction> => {
          most = Math.max(most, ++now);
          await new Promise((resolve) => setTimeout(resolve, 2));
          now--;
          return "answer";
        },
      },
    );
    const transport = open(server.url, { connections: 4 });
    await expectParts(transport, scattered.slice(0, 30));
    await expectParts(transport, scattered.slice(0, 30));
    expect(server.accepted).toBeLessThanOrEqual(4);
    expect(most).toBeLessThanOrEqual(4);
  });
});

describe("a file that changes between two ranges", () => {
  const kinds: Record<string, HttpServerOptions> = {
    "with a strong tag": {},
    "with a weak tag": { etags: "weak" },
    "with a time alone": { etags: "none" },
    "on a server that answers the first range": { ranges: "first" },
  };
  it.each(Object.entries(kinds))("is an error and not a mixture, %s", async (_kind, options) => {
    let server: HttpServer | undefined;
    let requests = 0;
    server = await serverWith(
      { "/file": content },
      {
        ...options,
        onRequest: () => {
          if (++requests === 2 && server !== undefined) {
            seedTree(server.tree, "/file", patternedBytes(size, 2));
            // Times are told in seconds.
            server.tree.setAttributes("/file", { mtime: new Date("2001-02-03T04:05:06Z") }, { followLinks: true });
          }
          return "answer";
        },
      },
    );
    const error = await failureOf(collect(open(server.url).readv("file", scattered)));
    expect(error).toMatchObject({ code: "unexpected", operation: "readv", path: "file", temporary: true });
    expect(error.message).toContain("changed");
  });

  it("is asked for with If-Range, so that nothing of the other content is sent as a part", async () => {
    const server = await serverWith({ "/file": content });
    await expectParts(open(server.url), scattered);
    const [first, second] = server.requests;
    expect(first?.headers["if-range"]).toBeUndefined();
    expect(second?.headers["if-range"]).toMatch(/^"/);
  });
});

describe("an answer to several ranges", () => {
  const part = (range: string, bytes: string): string =>
    `--b\r\nContent-Type: text/plain\r\nContent-Range: bytes ${range}\r\n\r\n${bytes}\r\n`;
  const right = part("0-3/90000", "0123") + part("50000-50003/90000", "4567");
  const ranges = [
    { offset: 0, length: 4 },
    { offset: 50_000, length: 4 },
  ];
  const answered = async (body: string, type = "multipart/byteranges; boundary=b"): Promise<Transport> => {
    const server = await serverWith(
      {},
      { onRequest: () => ({ status: 206, headers: { "content-type": type }, body }) },
    );
    return open(server.url);
  };

  it.each([
    ["in order", `${right}--b--\r\n`, "multipart/byteranges; boundary=b"],
    [
      "in another order",
      `${part("50000-50003/90000", "4567")}${part("0-3/90000", "0123")}--b--`,
      "multipart/byteranges; boundary=b",
    ],
    [
      "with a quoted boundary and words before it",
      `words\r\n${right}--b--\r\n`,
      'Multipart/ByteRanges; charset=x; boundary="b"',
    ],
    [
      "with a boundary in the content",
      `${part("0-3/90000", "--b-")}${part("50000-50003/90000", "4567")}--b--`,
      "multipart/byteranges; boundary=b",
    ],
  ])("is read %s", async (_how, body, type) => {
    const parts = await collect((await answered(body, type)).readv("file", ranges));
    expect(String(parts[1])).toBe("4567");
    expect(parts[0]).toHaveLength(4);
  });

  it.each([
    ["is cut", right.slice(0, -20)],
    ["has no end", right],
    ["is empty", ""],
    ["has a part without a range", "--b\r\nContent-Type: x\r\n\r\nabcd\r\n--b--"],
    ["leaves a part out", `${part("0-3/90000", "0123")}--b--`],
    ["has less in a part than was asked for", `${part("0-3/90000", "0123")}${part("50000-50001/90000", "45")}--b--`],
    ["says more than it has", `--b\r\nContent-Range: bytes 0-99999999/100000000\r\n\r\nabc\r\n--b--`],
    ["has a head without end", `--b\r\n${"x".repeat(20_000)}`],
  ])("that %s is a protocol-error", async (_what, body) => {
    const transport = await answered(body);
    expect(await failureOf(collect(transport.readv("file", ranges)))).toMatchObject({ code: "protocol-error" });
  });

  it("that is far longer than what was asked for is not held in memory", async () => {
    const transport = await answered("x".repeat(1_000_000));
    expect(await failureOf(collect(transport.readv("file", ranges)))).toMatchObject({ code: "protocol-error" });
  });
});
