import { describe, expect, it } from "vitest";

import type { ErrorCode } from "../../../src/index.ts";
import type { HttpReaction, HttpServerOptions } from "../../../src/testing.ts";
import { failureOf, open, requestsOf, serverWith } from "./http-site.ts";

describe("stat", () => {
  it("is a HEAD, which tells length, time and tag", async () => {
    const server = await serverWith({ "/dir/file": "12345" });
    const { mtime } = server.tree.stat("/dir/file");
    const stat = await open(server.url).stat("dir/file");
    expect(stat).toMatchObject({ type: "file", sizeBytes: 5, etag: expect.stringMatching(/^"/) });
    expect(stat.mtime?.getTime()).toBe(Math.floor(mtime.getTime() / 1000) * 1000);
    expect(requestsOf(server)).toEqual(["HEAD /dir/file"]);
  });

  it("does not guess what the server does not say", async () => {
    const server = await serverWith(
      {},
      {
        onRequest: () => ({ status: 200, headers: { "last-modified": "some day" }, body: "12345" }),
      },
    );
    expect(await open(server.url).stat("file")).toEqual({ type: "file", sizeBytes: 5 });
  });

  it("asks for one byte where HEAD is refused", async () => {
    const server = await serverWith({ "/file": "12345", "/empty": "", "/dir/x": "" }, { head: false });
    const transport = open(server.url);
    expect(await transport.stat("file")).toMatchObject({ type: "file", sizeBytes: 5 });
    expect(await transport.stat("empty")).toMatchObject({ type: "file", sizeBytes: 0 });
    expect(await transport.stat("dir/")).toMatchObject({ type: "directory" });
    expect(await failureOf(transport.stat("missing"))).toMatchObject({ code: "not-found" });
    expect(requestsOf(server).slice(0, 2)).toEqual(["HEAD /file", "GET /file bytes=0-0"]);
  });

  it("asks for one byte where HEAD does not tell the length", async () => {
    const server = await serverWith(
      {},
      {
        onRequest: ({ method }) =>
          method === "HEAD"
            ? { status: 200, chunked: true }
            : { status: 206, headers: { "content-range": "bytes 0-0/77" }, body: "x" },
      },
    );
    expect(await open(server.url).stat("file")).toMatchObject({ type: "file", sizeBytes: 77 });
  });

  it("says of what is made on the way that it is something, and not how long", async () => {
    const server = await serverWith({}, { onRequest: () => ({ status: 200, chunked: true, body: "made up" }) });
    const transport = open(server.url);
    expect(await transport.stat("page")).toMatchObject({ type: "other", sizeBytes: 0 });
    expect(await transport.has("page")).toBe(true);
    expect(String(await transport.getBytes("page"))).toBe("made up");
  });

  it("learns from a redirect to the same name with a slash that it is a directory, and goes no further", async () => {
    const server = await serverWith({ "/dir/file": "" });
    const transport = open(server.url);
    expect(await transport.stat("dir")).toEqual({ type: "directory", sizeBytes: 0 });
    expect(requestsOf(server)).toEqual(["HEAD /dir"]);
    expect(await failureOf(transport.getBytes("dir"))).toMatchObject({ code: "is-a-directory" });
  });

  it("takes a URL with a slash behind it for a directory, which must be there all the same", async () => {
    const server = await serverWith({ "/dir/file": "" });
    const transport = open(server.url);
    expect(await transport.stat("dir/")).toMatchObject({ type: "directory" });
    expect(await failureOf(transport.stat("missing/"))).toMatchObject({ code: "not-found" });
    expect(await failureOf(transport.getBytes("missing/"))).toMatchObject({ code: "not-found" });
    expect(await failureOf(transport.getBytes("dir/"))).toMatchObject({ code: "is-a-directory" });
  });
});

describe("a status of", () => {
  const meanings: readonly [status: number, code: ErrorCode, temporary: boolean][] = [
    [400, "unexpected", false],
    [401, "authentication-failed", false],
    [403, "permission-denied", false],
    [404, "not-found", false],
    [405, "unsupported", false],
    [407, "authentication-failed", false],
    [408, "timeout", true],
    [410, "not-found", false],
    [414, "invalid-path", false],
    [418, "unexpected", false],
    [423, "locked", true],
    [429, "too-many-connections", true],
    [451, "permission-denied", false],
    [500, "unexpected", true],
    [501, "unsupported", false],
    [502, "unexpected", true],
    [503, "unexpected", true],
    [504, "timeout", true],
    [300, "protocol-error", false],
    [304, "protocol-error", false],
  ];
  it.each(meanings)("%i is %s (temporary: %s), for every verb that reads", async (status, code, temporary) => {
    const server = await serverWith({}, { onRequest: () => ({ status }) });
    const transport = open(server.url);
    for (const [operation, work] of [
      ["stat", () => transport.stat("file")],
      ["get", () => transport.get("file")],
      ["getBytes", () => transport.getBytes("file", { offset: 1, length: 2 })],
    ] as const) {
      const error = await failureOf(work());
      expect(error).toMatchObject({ code, temporary, operation, path: "file", effect: "none" });
      if (status !== 401) expect(error.message).toContain(String(status));
    }
    expect(server.accepted).toBe(1);
  });

  it("404 and 410 is not there for has; of all others it is told", async () => {
    const server = await serverWith({}, { onRequest: ({ target }) => ({ status: Number(target.slice(1)) }) });
    const transport = open(server.url);
    expect(await transport.has("404")).toBe(false);
    expect(await transport.has("410")).toBe(false);
    for (const [path, code] of [
      ["403", "permission-denied"],
      ["500", "unexpected"],
      ["401", "authentication-failed"],
    ])
      expect(await failureOf(transport.has(String(path)))).toMatchObject({ code });
  });
});

describe("a server that has had enough", () => {
  it("is left alone for as long as it says, then asked again", async () => {
    for (const status of [429, 503]) {
      let refusals = 2;
      const server = await serverWith(
        { "/file": "content" },
        {
          onRequest: (): HttpReaction => (refusals-- > 0 ? { status, headers: { "retry-after": "0" } } : "answer"),
        },
      );
      expect(String(await open(server.url).getBytes("file"))).toBe("content");
      expect(server.requests).toHaveLength(3);
    }
  });

  it("for longer than anybody waits is too-many-connections", async () => {
    const busy: HttpServerOptions = { onRequest: () => ({ status: 503, headers: { "retry-after": "3600" } }) };
    const server = await serverWith({}, busy);
    expect(await failureOf(open(server.url).stat("file"))).toMatchObject({
      code: "too-many-connections",
      temporary: true,
    });
    expect(server.requests).toHaveLength(1);
  });

  it("is asked by fewer at once, and all are answered", async () => {
    let now = 0;
    let most = 0;
    let refused = 0;
    const server = await serverWith(
      { "/file": "content" },
      {
        onRequest: async (): Promise<HttpReaction> => {
          most = Math.max(most, ++now);
          await new Promise((resolve) => setTimeout(resolve, 5));
          const tooMany = now > 3;
          now--;
          if (!tooMany) return "answer";
          refused++;
          return { status: 429, headers: { "retry-after": "0" } };
        },
      },
    );
    const transport = open(server.url, { connections: 10 });
    const all = await Promise.all(Array.from({ length: 40 }, async () => String(await transport.getBytes("file"))));
    expect(new Set(all)).toEqual(new Set(["content"]));
    expect(most).toBeGreaterThan(3);
    expect(refused).toBeGreaterThan(0);
  });

  it("does not keep waiting who has given up", async () => {
    const server = await serverWith({}, { onRequest: () => ({ status: 429, headers: { "retry-after": "60" } }) });
    const control = new AbortController();
    const waiting = failureOf(open(server.url).stat("file", { signal: control.signal }));
    await expect.poll(() => server.requests.length).toBe(1);
    control.abort();
    expect(await waiting).toMatchObject({ code: "aborted" });
  });
});
