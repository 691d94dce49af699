import { describe, expect, it } from "vitest";

import type { Transport } from "../../../src/index.ts";
import { resolveFile } from "../../../src/index.ts";
import { collect } from "../../../src/testing/conformance/content.ts";
import { Witness } from "../../bad-day/witness.ts";
import { failureOf, open, requestsOf, serverWith } from "./http-site.ts";

const signature = "X-Signature=aB%2Fc%2bd%3D&X-Path=%7Ejoe&flag";

describe("a signed URL", () => {
  it.each([
    `a/file?${signature}`,
    `a//b/file?${signature}`,
    `%7ejoe/caf%c3%a9?${signature}`,
    `a%2fb?${signature}`,
    "a/file?",
    "a/file?x=1?y=2&&z",
  ])("is asked for byte for byte: %s", async (target) => {
    const server = await serverWith({}, { onRequest: () => ({ status: 200, body: "content" }) });
    const list: Transport[] = [];
    const { transport, path } = resolveFile(server.url + target, list);
    expect(path).toBe("");
    expect(String(await transport.getBytes(path))).toBe("content");
    expect(await transport.stat(path)).toMatchObject({ type: "file", sizeBytes: 7 });
    expect((await collect(transport.readv(path, [{ offset: 1, length: 2 }]))).map(String)).toEqual(["on"]);
    expect(new Set(server.requests.map((request) => request.target))).toEqual(new Set([`/${target}`]));
    await Promise.all(list.map((one) => one.disconnect()));
  });

  it("shares the connection of its server, and is never mistaken for another", async () => {
    const server = await serverWith({}, { onRequest: ({ target }) => ({ status: 200, body: target }) });
    const list: Transport[] = [];
    open(server.url, {}, list);
    for (const target of ["file?sig=1", "file?sig=2", "file", "file?sig=1", "%66ile?sig=1"]) {
      const { transport, path } = resolveFile(server.url + target, list);
      expect(String(await transport.getBytes(path))).toBe(`/${target}`);
    }
    expect(list).toHaveLength(1);
    expect(server.accepted).toBe(1);
  });

  it("that is for GET alone is described by its first byte", async () => {
    const server = await serverWith(
      {},
      {
        onRequest: ({ method }) =>
          method === "HEAD"
            ? { status: 403 }
            : { status: 206, headers: { "content-range": "bytes 0-0/77" }, body: "x" },
      },
    );
    expect(await open(`${server.url}file?${signature}`).stat("")).toMatchObject({ sizeBytes: 77 });
    expect(await failureOf(open(server.url).stat("file"))).toMatchObject({ code: "permission-denied" });
  });

  it("keeps its signature to itself: in errors, events, logs and reports", async () => {
    const server = await serverWith();
    const witness = new Witness(["s3cret", "an0ther"]);
    const transport = open(`${server.url}file?sig=s3cret&an0ther`, { logger: witness.logger });
    witness.hear(await failureOf(transport.stat("")));
    witness.hear(await failureOf(transport.getBytes("")));
    witness.hear([transport, transport.connectionReport(), transport.base, String(transport)]);
    expect(requestsOf(server)[0]).toContain("s3cret");
    await witness.swear();
  });
});

describe("a path", () => {
  it("below a base is the normalised one, and takes no query of the base along", async () => {
    const server = await serverWith({}, { onRequest: () => ({ status: 200, body: "" }) });
    const transport = open(`${server.url}a//b/?x=1`);
    await transport.getBytes("c d?e");
    await transport.clone("f").getBytes("g");
    expect(server.requests.map(({ target }) => target)).toEqual(["/a/b/c%20d%3Fe", "/a/b/f/g"]);
  });

  it.each(["web/2020/http://host/page", "a%2fb", "%7Ejoe/x"])(
    "in a URL itself is asked for byte for byte: %s",
    async (target) => {
      const server = await serverWith({}, { onRequest: () => ({ status: 200, body: "content" }) });
      const list: Transport[] = [];
      const { transport, path } = resolveFile(server.url + target, list);
      expect(String(await transport.getBytes(path))).toBe("content");
      expect(server.requests.map((request) => request.target)).toEqual([`/${target}`]);
      await transport.disconnect();
    },
  );

  it("with a question mark, a number sign or a percent sign is one name", async () => {
    const server = await serverWith({ "/a?b#c%2Fd": "content" });
    const transport = open(server.url);
    expect(String(await transport.getBytes("a?b#c%2Fd"))).toBe("content");
    expect(requestsOf(server)).toEqual(["GET /a%3Fb%23c%252Fd"]);
  });
});
