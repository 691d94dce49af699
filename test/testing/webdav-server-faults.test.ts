import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request } from "node:http";
import { connect } from "node:http2";
import type { ClientHttp2Session, IncomingHttpHeaders } from "node:http2";

import { afterEach, describe, expect, it } from "vitest";

import type { UploadFault, WebdavServer, WebdavServerOptions } from "../../src/testing.ts";
import { generateTlsIdentity, startWebdavServer } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import { ask } from "./raw-webdav-client.ts";

let server: WebdavServer;
afterEach(() => server.close());

async function start(options: WebdavServerOptions = {}): Promise<void> {
  server = await startWebdavServer(options);
  seedTree(server.tree, "/f", "old");
}

function content(path: string): string {
  const file = server.tree.open(path, { read: true });
  const bytes = file.read(0, file.stat().sizeBytes);
  file.close();
  return String(bytes);
}

/** An upload of 100,000 bytes that has sent its first part only. */
function begin(headers: Record<string, string> = {}): ClientRequest {
  const { port } = server;
  const sent = request({ port, method: "PUT", path: "/f", headers: { "content-length": "100000", ...headers } });
  sent.on("error", () => undefined);
  sent.write("n".repeat(50_000));
  return sent;
}

/** However it ends. */
function closeOf(sent: ClientRequest): Promise<void> {
  return new Promise((resolve) => sent.once("close", resolve));
}

async function answerTo(sent: ClientRequest): Promise<number | undefined> {
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

describe("an upload to the in-process WebDAV server", () => {
  it("that is cut off leaves what was there", async () => {
    await start();
    const sent = begin();
    await expect.poll(() => server.requests.length).toBe(1);
    sent.destroy();
    await expect.poll(() => server.open).toBe(0);
    expect(content("/f")).toBe("old");
    expect(server.tree.readdir("/").map(({ name }) => name)).toEqual(["f"]);
    expect(server.tree.openFiles).toBe(0);
  });

  it("in place that is cut off leaves its part, as rclone does", async () => {
    await start({ uploadsInPlace: true });
    const sent = begin();
    await expect.poll(() => content("/f")).toMatch(/^n{50000}$/);
    sent.destroy();
    await expect.poll(() => server.tree.openFiles).toBe(0);
    expect(content("/f")).toHaveLength(50_000);
  });

  it.each<[string, UploadFault["next"]]>([
    ["cut by the server", "drop"],
    ["taken no further", "silence"],
  ])("is %s after some bytes, and changes nothing", async (_name, next) => {
    await start({ onRequest: () => ({ takes: 20_000, next }) });
    const sent = begin();
    const ended = closeOf(sent);
    if (next === "silence") {
      await expect.poll(() => server.requests.length).toBe(1);
      sent.destroy();
    }
    await ended;
    expect(content("/f")).toBe("old");
  });

  it("is answered before all of it was sent, where the test wants that", async () => {
    await start({ onRequest: () => ({ takes: 10, next: { status: 507, body: "full" } }) });
    const sent = begin();
    expect(await answerTo(sent)).toBe(507);
    sent.end("n".repeat(50_000)); // The rest is read, and in nobody's way.
    await closeOf(sent);
    expect(server.open).toBe(1);
    expect(content("/f")).toBe("old");
  });

  it("is done and not answered, where the test wants that", async () => {
    await start({ onRequest: () => "drop-after" });
    const sent = begin();
    const ended = closeOf(sent);
    sent.end("n".repeat(50_000));
    await ended;
    expect(content("/f")).toHaveLength(100_000);
  });

  it("that waits to be told is told, or refused without having been sent", async () => {
    await start();
    const sent = request({ port: server.port, method: "PUT", path: "/f", headers: { expect: "100-continue" } });
    sent.flushHeaders();
    await once(sent, "continue");
    sent.end("new");
    expect(await answerTo(sent)).toBe(204);
    const headers = { expect: "100-continue", "if-none-match": "*" };
    const unwanted = request({ port: server.port, method: "PUT", path: "/f", headers });
    let told = false;
    unwanted.on("continue", () => (told = true)).on("error", () => undefined);
    unwanted.flushHeaders();
    expect(await answerTo(unwanted)).toBe(412);
    unwanted.destroy();
    expect([told, content("/f")]).toEqual([false, "new"]);
  });

  it("that waits to be told is never told, where the test wants that", async () => {
    await start({ continues: false });
    const sent = request({ port: server.port, method: "PUT", path: "/f", headers: { expect: "100-continue" } });
    let told = false;
    sent.on("continue", () => (told = true));
    sent.flushHeaders();
    await expect.poll(() => server.requests.length).toBe(1);
    sent.end("sent all the same");
    expect([await answerTo(sent), told]).toEqual([204, false]);
  });
});

describe("the in-process WebDAV server lets in", () => {
  it("who has a password, for every method", async () => {
    await start({ login: { scheme: "basic", users: { joe: "secret" } } });
    const authorization = `Basic ${Buffer.from("joe:secret").toString("base64")}`;
    for (const method of ["OPTIONS", "PROPFIND", "PUT", "DELETE", "GET"])
      expect((await ask(server.url, method, "/f")).status, method).toBe(401);
    expect(content("/f")).toBe("old");
    expect((await ask(server.url, "DELETE", "/f", { headers: { authorization } })).status).toBe(204);
  });
});

describe("the in-process WebDAV server over HTTP/2", () => {
  let session: ClientHttp2Session | undefined;
  afterEach(() => session?.destroy());

  async function connected(options: WebdavServerOptions = {}): Promise<ClientHttp2Session> {
    const identity = await generateTlsIdentity();
    await start({ tls: identity, http2: true, ...options });
    session = connect(server.url, { ca: identity.cert });
    return session.on("error", () => undefined);
  }

  async function asked(headers: Record<string, string>, body = ""): Promise<unknown> {
    const stream = session?.request(headers);
    if (stream === undefined) return undefined;
    stream.end(body);
    const [answer] = (await once(stream, "response")) as [IncomingHttpHeaders];
    stream.resume();
    return answer[":status"];
  }

  it("does all that it does over HTTP/1.1", async () => {
    await connected();
    expect(await asked({ ":method": "PUT", ":path": "/new" }, "content")).toBe(201);
    expect(await asked({ ":method": "PROPFIND", ":path": "/", depth: "1" })).toBe(207);
    expect(await asked({ ":method": "MOVE", ":path": "/new", destination: `${server.url}moved` })).toBe(201);
    expect(content("/moved")).toBe("content");
    expect(server.accepted).toBe(1);
  });

  it("leaves what was there when an upload is cut off", async () => {
    const here = await connected();
    const stream = here.request({ ":method": "PUT", ":path": "/f" });
    stream.on("error", () => undefined);
    stream.write("new");
    await expect.poll(() => server.requests.length).toBe(1);
    stream.destroy(); // Closing it would say that this was all.
    await once(stream, "close");
    expect(await asked({ ":method": "OPTIONS", ":path": "/" })).toBe(200);
    expect(content("/f")).toBe("old");
  });
});
