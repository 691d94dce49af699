import { once } from "node:events";
import { request as startRequest } from "node:http";

import { describe, expect, it } from "vitest";

import type { GatewayAnswer, ErrorCode, Stat, Transport } from "../../src/index.ts";
import { TransportError, getTransport } from "../../src/index.ts";
import { noise } from "../../benchmarks/readv/scattered.ts";
import { altered, ask, longAgo, start, storeWith } from "./gateway-site.ts";

describe("what a transport fails with", () => {
  it.each<readonly [ErrorCode, number]>([
    ["not-found", 404],
    ["not-a-directory", 404],
    ["permission-denied", 403],
    ["outside-base", 403],
    ["invalid-path", 400],
    ["authentication-failed", 502],
    ["host-key-changed", 502],
    ["tls-failed", 502],
    ["connection-failed", 502],
    ["connection-lost", 502],
    ["protocol-error", 502],
    ["too-many-connections", 503],
    ["would-deadlock", 503],
    ["closed", 503],
    ["timeout", 504],
    ["unexpected", 500],
  ])("%s is %i, and says nothing of where and who", async (code, status) => {
    const failing = altered(await storeWith({ file: "content" }), {
      stat: () => Promise.reject(new TransportError(code, "of s3cret", { url: "sftp://joe@inside/s3cret" })),
    });
    const { status: got, headers, body } = await ask(await start(failing), "/file");
    expect(got).toBe(status);
    expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(body.toString()).toMatch(new RegExp(`^${status} [A-Z][\\w ]+: [a-z].{5,80}\n$`));
    expect(body.toString()).not.toMatch(/s3cret|joe|inside|sftp/);
    expect("retry-after" in headers).toBe(status >= 503 || code.startsWith("connection-"));
  });

  it("is told when the file cannot be opened, too", async () => {
    const failing = altered(await storeWith({ file: "content" }), {
      get: () => Promise.reject(new TransportError("permission-denied", "no")),
    });
    expect((await ask(await start(failing), "/file")).status).toBe(403);
  });

  it("is told of a directory before any of its page is sent", async () => {
    const failing = altered(await storeWith({ "a/b": "" }), {
      async *list(path) {
        yield { name: "b", path: `${path}/b` };
        throw new TransportError("connection-lost", "gone");
      },
    });
    expect((await ask(await start(failing), "/a/")).status).toBe(502);
  });
});

describe("what every answer says", () => {
  it.each(["/page.html", "/", "/missing", "/a", "/picture.svg"])("%s cannot do more than it should", async (path) => {
    const gateway = await start(await storeWith({ "page.html": "<script>", "picture.svg": "<svg/>", "a/b": "" }));
    const { headers } = await ask(gateway, path);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "cache-control": "private, no-cache",
    });
    const policy = headers["content-security-policy"] as string;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("script-src");
    expect(policy).toContain(path === "/" ? "style-src 'sha256-" : "sandbox");
  });

  it("is of a type that the name says, or of none", async () => {
    const gateway = await start(await storeWith({ "a.HTML": "", "b.tar.gz": "", "c.constructor": "", d: "" }));
    const typeOf = async (path: string): Promise<unknown> => (await ask(gateway, path)).headers["content-type"];
    expect(await typeOf("/a.HTML")).toBe("text/html; charset=utf-8");
    expect(await typeOf("/b.tar.gz")).toBe("application/gzip");
    for (const path of ["/c.constructor", "/d"]) expect(await typeOf(path)).toBe("application/octet-stream");
  });

  it("is the same for HEAD, without the content", async () => {
    const gateway = await start(await storeWith({ file: "content", "a/b": "" }));
    for (const path of ["/file", "/a/", "/a", "/missing"]) {
      const [got, head] = [await ask(gateway, path), await ask(gateway, path, { method: "HEAD" })];
      expect(head.body).toHaveLength(0);
      expect(head.status).toBe(got.status);
      for (const name of ["content-type", "etag", "last-modified", "location", "accept-ranges"])
        expect(head.headers[name]).toBe(got.headers[name]);
    }
    expect((await ask(gateway, "/file", { method: "HEAD" })).headers["content-length"]).toBe("7");
  });
});

describe("a file that is changed while it is read", () => {
  const content = noise(300_000);
  const facts: Stat = { type: "file", sizeBytes: content.length, mtime: longAgo };

  /** A file of which the looks say one thing after another. */
  async function lookedAt(stats: readonly Stat[]): Promise<Transport> {
    const store = await storeWith({ file: content });
    const looks = [...stats];
    return altered(store, { stat: () => Promise.resolve((looks.length > 1 ? looks.shift() : looks[0]) as Stat) });
  }

  it.each<readonly [string, Stat[]]>([
    ["shorter than it was", [{ ...facts, sizeBytes: content.length + 1 }]],
    ["replaced by one as long", [facts, facts, { ...facts, mtime: new Date() }]],
    ["cut in the meantime", [facts, facts, { ...facts, sizeBytes: 1 }]],
  ])("is never sent as if it were whole: %s", async (_, stats) => {
    for (const headers of [{}, { range: "bytes=1-2,9-" }]) {
      const gateway = await start(await lookedAt(stats));
      await expect(ask(gateway, "/file", { headers })).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    }
  });

  it("is read anew where it was replaced before it was opened", async () => {
    const gateway = await start(await lookedAt([{ ...facts, sizeBytes: 10 }, facts]));
    expect((await ask(gateway, "/file")).body.equals(content)).toBe(true);
  });

  it("is sent as long as it was, where it only grows", async () => {
    const grown = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((more) => ({ ...facts, sizeBytes: content.length - 100 + more }));
    const gateway = await start(await lookedAt(grown));
    const { status, body } = await ask(gateway, "/file");
    expect(status).toBe(200);
    expect(body.equals(content.subarray(0, body.length))).toBe(true);
    expect(body.length).toBeGreaterThan(content.length - 100);
  });

  it("again and again before it could be opened is 503", async () => {
    let at = 0;
    const store = await storeWith({ file: content });
    const gateway = await start(altered(store, { stat: () => Promise.resolve({ ...facts, mtime: new Date(at++) }) }));
    expect((await ask(gateway, "/file")).status).toBe(503);
  });
});

describe("what has no length before it is read", () => {
  it("is sent without one, whole", async () => {
    const store = await storeWith({ made: "content" });
    const gateway = await start(altered(store, { stat: () => Promise.resolve({ type: "other", sizeBytes: 0 }) }));
    const { status, headers, body } = await ask(gateway, "/made", { headers: { range: "bytes=0-1" } });
    expect([status, headers["content-length"], headers["accept-ranges"]]).toEqual([200, undefined, undefined]);
    expect(body.toString()).toBe("content");
  });

  it("is sent whole where it is said to be empty, as files are that the kernel makes up", async () => {
    const store = await storeWith({ made: "content" });
    const stat: Stat = { type: "file", sizeBytes: 0, mtime: longAgo };
    const { status, headers, body } = await ask(
      await start(altered(store, { stat: () => Promise.resolve(stat) })),
      "/made",
    );
    expect([status, headers["content-length"], body.toString()]).toEqual([200, undefined, "content"]);
  });

  it("is not opened where it is a pipe or a device", async () => {
    const store = await storeWith({ pipe: "content" });
    const stat: Stat = { type: "other", sizeBytes: 0, mode: 0o644 };
    expect((await ask(await start(altered(store, { stat: () => Promise.resolve(stat) })), "/pipe")).status).toBe(403);
  });
});

describe("a client that goes away", () => {
  it("ends the reading", async () => {
    const store = getTransport("memory:///");
    await store.put("large", noise(32 * 2 ** 20));
    const streams: { readonly destroyed: boolean }[] = [];
    const watched = altered(store, {
      get: async (path, options) => {
        const stream = await store.get(path, options);
        streams.push(stream);
        return stream;
      },
    });
    const answered: GatewayAnswer[] = [];
    const gateway = await start(watched, { onAnswered: (answer) => answered.push(answer) });
    const request = startRequest({ host: "127.0.0.1", port: gateway.port, path: "/large", agent: false }).end();
    const [response] = await once(request, "response");
    await once(response, "readable");
    expect(streams).toMatchObject([{ destroyed: false }]);
    response.destroy();
    await expect.poll(() => answered).toMatchObject([{ target: "/large", status: 200, complete: false }]);
    expect(streams).toMatchObject([{ destroyed: true }]);
  });
});

describe("a gateway that is closed", () => {
  it("lets an answer end that is under way, takes nothing new, and leaves the transport open", async () => {
    const content = noise(8 * 2 ** 20);
    const store = getTransport("memory:///");
    await store.put("large", content);
    const gateway = await start(store);
    const request = startRequest({ host: "127.0.0.1", port: gateway.port, path: "/large" }).end();
    const [response] = await once(request, "response");
    const closing = gateway.close();
    await expect(ask(gateway, "/large")).rejects.toThrow("ECONNREFUSED");
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
    await closing;
    expect(await store.has("large")).toBe(true);
  });

  it("cuts what has not ended after the grace", async () => {
    const store = getTransport("memory:///");
    await store.put("large", noise(32 * 2 ** 20));
    const gateway = await start(store);
    const request = startRequest({ host: "127.0.0.1", port: gateway.port, path: "/large" }).end();
    const [response] = await once(request, "response");
    const failed = once(response, "error");
    await gateway.close({ graceMs: 1 });
    response.resume();
    await failed;
  });

  it("is one that never listened where the port is taken", async () => {
    const store = await storeWith({});
    const { port } = await start(store);
    await expect(start(store, { port })).rejects.toMatchObject({ code: "already-exists", operation: "serve" });
  });
});
