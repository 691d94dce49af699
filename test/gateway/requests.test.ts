import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { getTransport } from "../../src/index.ts";
import { afterwards, ask, sendRaw, start, storeWith } from "./gateway-site.ts";

const get = (target: string, head = "Host: localhost"): string =>
  `GET ${target} HTTP/1.1\r\n${head}\r\nConnection: close\r\n\r\n`;

function statusesIn(answers: string): number[] {
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

describe("a request target", () => {
  it.each([
    "/../secret",
    "/a/../../secret",
    "/%2e%2e/secret",
    "/%2e%2e%2fsecret",
    "/..%2fsecret",
    "/a%2f..%2f..%2fsecret",
    "/..%2Fsecret",
    "/a%00/secret",
    "/%00",
    "/./a",
    "//a",
    "//evil.example/..",
    "/a//",
    "/\\..\\secret",
    "/%c0%ae%c0%ae/secret",
    "/%ff",
    "/%zz",
    "/%",
    "/a#b",
    "a",
    "http:/a",
  ])("%s is refused", async (target) => {
    const folder = mkdtempSync(join(tmpdir(), "samewire-gateway-"));
    afterwards(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, "served/a"), { recursive: true });
    writeFileSync(join(folder, "secret"), "secret");
    const gateway = await start(getTransport(join(folder, "served")));
    const answer = await sendRaw(gateway, get(target));
    expect(statusesIn(answer)).toEqual([400]);
    expect(answer).not.toContain("secret\n");
  });

  it.each(["/..%5csecret", "/%252e%252e%252fsecret", "/.../secret"])("%s is a name like any other", async (target) => {
    const gateway = await start(await storeWith({ secret: "secret" }));
    expect(statusesIn(await sendRaw(gateway, get(target)))).toEqual([404]);
  });

  it("may be a whole URL, whose host counts", async () => {
    const gateway = await start(await storeWith({ file: "content" }));
    expect(await sendRaw(gateway, get("http://localhost/file", "Host: evil.example"))).toContain("content");
    expect(statusesIn(await sendRaw(gateway, get("http://evil.example/file")))).toEqual([421]);
    expect(statusesIn(await sendRaw(gateway, get("http://localhost")))).toEqual([200]);
  });

  it.each(["50% #1", "<script>", "a\\b", "%2f", "ü", "a?b", "new\nline", "c:d", "'\""])(
    "reaches the file %j",
    async (name) => {
      const gateway = await start(await storeWith({ [name]: name }));
      expect((await ask(gateway, `/${encodeURIComponent(name)}`)).body.toString()).toBe(name);
    },
  );

  it("of a directory without its slash is redirected, to nowhere else", async () => {
    const gateway = await start(await storeWith({ "a/c:d/file": "" }));
    const { status, headers } = await ask(gateway, "/a/c:d?sort=size");
    expect([status, headers.location]).toEqual([301, "./c:d/?sort=size"]);
    expect((await ask(gateway, "/a/c:d/file/")).status).toBe(404);
  });
});

describe("the Host of a request", () => {
  it.each([
    ["localhost", 200],
    ["LOCALHOST:80", 200],
    ["a.localhost:1234", 200],
    ["127.0.0.1", 200],
    ["127.1.2.3:80", 200],
    ["[::1]:80", 200],
    ["evil.example", 421],
    ["localhost.evil.example", 421],
    ["127.0.0.1.evil.example", 421],
    ["10.0.0.1", 421],
    ["localhost@evil.example", 421],
    ["allowed.example", 200],
    ["", 421],
  ])("%j on loopback: %i", async (host, status) => {
    const gateway = await start(await storeWith({}), { allowHosts: ["Allowed.example"] });
    expect(statusesIn(await sendRaw(gateway, get("/", `Host: ${host}`)))).toEqual([status]);
  });

  it.each([
    ["192.0.2.1:8080", 200],
    ["evil.example", 421],
  ])("%j on every address: %i", async (host, status) => {
    const gateway = await start(await storeWith({}), { host: "0.0.0.0" });
    expect(statusesIn(await sendRaw(gateway, get("/", `Host: ${host}`)))).toEqual([status]);
  });

  it.each([
    ["none", "X: y", 400],
    ["two", "Host: localhost\r\nHost: evil.example", 400],
  ])("that is there %s: %i", async (_, head, status) => {
    const gateway = await start(await storeWith({}));
    expect(statusesIn(await sendRaw(gateway, get("/", head)))).toEqual([status]);
  });
});

describe("a request", () => {
  it.each(["PUT", "POST", "DELETE", "PATCH", "MKCOL", "TRACE"])(
    "to %s is 405, with what there is instead",
    async (method) => {
      const gateway = await start(await storeWith({ file: "content" }));
      const { status, headers } = await ask(gateway, "/file", { method });
      expect(status).toBe(405);
      expect(headers.allow).toContain("GET, HEAD, OPTIONS");
      expect((await ask(gateway, "/file")).body.toString()).toBe("content");
    },
  );

  it("for OPTIONS says what there is, of a path and of the server", async () => {
    const gateway = await start(await storeWith({}));
    for (const path of ["/missing", "*"]) {
      const { status, headers } = await ask(gateway, path, { method: "OPTIONS" });
      expect(status).toBeLessThan(205);
      expect(headers.allow).toContain("GET, HEAD, OPTIONS");
    }
  });

  it.each([
    ["both lengths", "Content-Length: 4\r\nTransfer-Encoding: chunked"],
    ["two lengths", "Content-Length: 4\r\nContent-Length: 5"],
    ["a coding that is none", "Transfer-Encoding: xchunked"],
    ["a folded field", "X: a\r\n b"],
    ["a space before the colon", "Content-Length : 4"],
    ["a length that is none", "Content-Length: +4"],
    ["a coding that is not the last", "Transfer-Encoding: chunked, identity"],
    ["a coding twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"],
    ["a NUL", "X: a\0b"],
  ])("with %s is refused, and its connection ends", async (_, head) => {
    const gateway = await start(await storeWith({ file: "content", secret: "secret" }));
    const answers = await sendRaw(
      gateway,
      `GET /file HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n0\r\n\r\n${get("/secret")}`,
    );
    expect(statusesIn(answers)).toEqual([400]);
  });

  it("that is coded in another way than in chunks is 501, lest it is taken as it is", async () => {
    const gateway = await start(await storeWith({ file: "content" }));
    const head = "Host: localhost\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked";
    const answers = await sendRaw(gateway, `GET /file HTTP/1.1\r\n${head}\r\n\r\n0\r\n\r\n`);
    expect(statusesIn(answers)).toEqual([501]);
  });

  it("is read whole, however many fields it has", async () => {
    const gateway = await start(await storeWith({ file: "content" }));
    const head = `Host: localhost\r\n${"a:\r\n".repeat(2_500)}`;
    expect(statusesIn(await sendRaw(gateway, get("/file", `${head}If-None-Match: *`)))).toEqual([304]);
    expect(statusesIn(await sendRaw(gateway, get("/file", `${head}Host: evil.example`)))).toEqual([400]);
  });

  it("with a body that nobody reads is answered, and the body is no request", async () => {
    const gateway = await start(await storeWith({ file: "content", secret: "secret", last: "last" }));
    const inner = get("/secret");
    const length = `Content-Length: ${inner.length}`;
    const answers = await sendRaw(
      gateway,
      `GET /file HTTP/1.1\r\nHost: localhost\r\n${length}\r\n\r\n${inner}${get("/last")}`,
    );
    expect(statusesIn(answers)).toEqual([200, 200]);
    expect(answers).toMatch(/content[^]*last$/);
    expect(answers).not.toContain("secret");
  });

  it("with a head beyond all measure is 431", async () => {
    const gateway = await start(await storeWith({}));
    expect(statusesIn(await sendRaw(gateway, get("/", `Host: localhost\r\nX: ${"x".repeat(20_000)}`)))).toEqual([431]);
  });

  it("waits for the one before it on its connection, and beyond 64 of them the connection ends", async () => {
    const gateway = await start(await storeWith({ a: "first", b: "second" }));
    const answers = await sendRaw(gateway, `GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n${get("/b")}`);
    expect(statusesIn(answers)).toEqual([200, 200]);
    expect(answers.indexOf("first")).toBeLessThan(answers.indexOf("second"));
    const many = await sendRaw(gateway, "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1_000));
    expect(statusesIn(many).length).toBeLessThan(100);
  });

  it("whose head does not end keeps no gateway from closing", async () => {
    const gateway = await start(await storeWith({}));
    const socket = connect(gateway.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
    await once(socket, "connect");
    const ended = new Promise((resolve) => socket.once("error", resolve).once("close", resolve));
    await gateway.close();
    await ended;
    await expect(ask(gateway, "/")).rejects.toThrow("ECONNREFUSED");
  });
});
