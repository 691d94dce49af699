import { describe, expect, it } from "vitest";

import { noise } from "../../benchmarks/readv/scattered.ts";
import { ask, longAgo, start, storeWith } from "./gateway-site.ts";

const digits = "0123456789";

/** RFC 9110, 14: of a file of ten digits. `undefined` is the whole file. */
const rows: readonly (readonly [range: string, part?: string, contentRange?: string])[] = [
  ["bytes=0-0", "0", "bytes 0-0/10"],
  ["bytes=2-4", "234", "bytes 2-4/10"],
  ["bytes=7-", "789", "bytes 7-9/10"],
  ["bytes=7-99", "789", "bytes 7-9/10"],
  ["bytes=-3", "789", "bytes 7-9/10"],
  ["bytes=-99", digits, "bytes 0-9/10"],
  ["BYTES=2-4", "234", "bytes 2-4/10"],
  ["bytes=2-4,99-", "234", "bytes 2-4/10"],
  ["bytes=, 2-4 ,", "234", "bytes 2-4/10"],
  ["bytes=4-2"],
  ["bytes="],
  ["bytes=-"],
  ["bytes=a-b"],
  ["bytes=0-1,x"],
  ["lines=0-1"],
  ["bytes 0-1"],
  // More than the file has, all together.
  ["bytes=0-9,0-9"],
];

const unsatisfiable = ["bytes=10-", "bytes=-0", "bytes=99-100,200-", "bytes=99999999999999999999-"];

describe("a range", () => {
  for (const [range, part, contentRange] of rows)
    it(`${range} of ten digits is ${part ?? "ignored"}`, async () => {
      const gateway = await start(await storeWith({ file: digits }));
      const { status, headers, body } = await ask(gateway, "/file", { headers: { range } });
      expect([status, body.toString()]).toEqual(part === undefined ? [200, digits] : [206, part]);
      expect(headers["content-range"]).toBe(contentRange);
      expect(headers["content-length"]).toBe(String((part ?? digits).length));
      expect(headers["accept-ranges"]).toBe("bytes");
    });

  it.each(unsatisfiable)("%s of ten digits is 416", async (range) => {
    const gateway = await start(await storeWith({ file: digits, empty: "" }));
    for (const path of ["/file", "/empty"]) {
      const { status, headers } = await ask(gateway, path, { headers: { range } });
      expect(status).toBe(416);
      expect(headers["content-range"]).toBe(`bytes */${path === "/file" ? 10 : 0}`);
    }
  });

  it("of HEAD is ignored", async () => {
    const gateway = await start(await storeWith({ file: digits }));
    const { status, headers } = await ask(gateway, "/file", { method: "HEAD", headers: { range: "bytes=2-4" } });
    expect([status, headers["content-length"]]).toEqual([200, "10"]);
  });

  it("comes after the preconditions, and counts only for the version that If-Range names", async () => {
    const gateway = await start(await storeWith({ file: digits }));
    const { etag = "" } = (await ask(gateway, "/file")).headers;
    const range = "bytes=2-4";
    const statusOf = async (headers: Record<string, string>): Promise<number> =>
      (await ask(gateway, "/file", { headers: { range, ...headers } })).status;
    expect(await statusOf({ "if-none-match": etag })).toBe(304);
    expect(await statusOf({ "if-match": '"other"' })).toBe(412);
    expect(await statusOf({ "if-range": etag })).toBe(206);
    expect(await statusOf({ "if-range": `W/${etag}` })).toBe(200);
    expect(await statusOf({ "if-range": '"other"' })).toBe(200);
    expect(await statusOf({ "if-range": longAgo.toUTCString() })).toBe(206);
    expect(await statusOf({ "if-range": new Date(longAgo.getTime() + 1_000).toUTCString() })).toBe(200);
    expect(await statusOf({ "if-range": "garbage" })).toBe(200);
  });
});

describe("several ranges", () => {
  const content = noise(400_000);

  /** The parts of a multipart body, each with what it says it is. */
  function partsOf(type: string, body: Buffer): { readonly range: string; readonly content: Buffer }[] {
    const boundary = /^multipart\/byteranges; boundary=(.+)$/.exec(type)?.[1] as string;
    const text = body.toString("latin1");
    expect(text.endsWith(`\r\n--${boundary}--\r\n`)).toBe(true);
    return text
      .slice(0, -`\r\n--${boundary}--\r\n`.length)
      .split(new RegExp(`(?:^|\\r\\n)--${boundary}\\r\\n`))
      .slice(1)
      .map((part) => {
        const end = part.indexOf("\r\n\r\n");
        const range = /content-range: bytes (.*)/.exec(part.slice(0, end))?.[1] as string;
        return { range, content: Buffer.from(part.slice(end + 4), "latin1") };
      });
  }

  it.each([
    ["short ones", ["0-9", "300000-300099", "-5"]],
    ["long ones", ["1000-101000", "200000-", "0-0"]],
  ])("are the parts of one answer, in the order asked: %s", async (_, ranges) => {
    const gateway = await start(await storeWith({ "file.txt": content }));
    const { status, headers, body } = await ask(gateway, "/file.txt", { headers: { range: `bytes=${ranges.join()}` } });
    expect(status).toBe(206);
    expect(headers["content-length"]).toBe(String(body.length));
    const parts = partsOf(headers["content-type"] as string, body);
    expect(parts).toHaveLength(ranges.length);
    for (const { range, content: part } of parts) {
      const [, first, last] = /^(\d+)-(\d+)\/400000$/.exec(range) ?? [];
      expect(part.equals(content.subarray(Number(first), Number(last) + 1))).toBe(true);
    }
  });

  it("beyond what anybody needs are answered with the whole file", async () => {
    const gateway = await start(await storeWith({ file: content }));
    const many = Array.from({ length: 300 }, (_, at) => `${at * 10}-${at * 10}`).join();
    expect((await ask(gateway, "/file", { headers: { range: `bytes=${many}` } })).status).toBe(200);
  });
});
