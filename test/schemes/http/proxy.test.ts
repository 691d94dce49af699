import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../../src/index.ts";
import { getTransport } from "../../../src/index.ts";
import type { HttpServer } from "../../../src/testing.ts";
import { generateTlsIdentity } from "../../../src/testing.ts";
import { Witness } from "../../bad-day/witness.ts";
import { hasProgram, titleNeeding } from "../../servers/find-servers.ts";
import type { ForwardProxy } from "../../servers/forward-proxy.ts";
import { startForwardProxy } from "../../servers/forward-proxy.ts";
import { freePort } from "../../servers/free-port.ts";
import type { NginxServer } from "../../servers/nginx.ts";
import { startNginx } from "../../servers/nginx.ts";
import type { SocksServer } from "../../servers/socks.ts";
import { startSocks } from "../../servers/socks.ts";
import type { WebTlsIdentity } from "../../servers/tls-identity-web.ts";
import { makeWebTlsIdentity } from "../../servers/tls-identity-web.ts";
import { failureOf, open, serverWith } from "./http-site.ts";

type Proxy = ForwardProxy | SocksServer;

interface Way {
  readonly program: "tinyproxy" | "microsocks";
  start(options?: { readonly login?: typeof login }): Promise<Proxy>;
  url(proxy: Proxy, given?: { readonly user: string; readonly password: string }): string;
}

const login = { user: "proxy-user", password: "pr0xyP4ss" };
const ways: Record<string, Way> = {
  "an HTTP proxy": { program: "tinyproxy", start: startForwardProxy, url: (proxy, given) => proxy.url(given) },
  "a SOCKS proxy": { program: "microsocks", start: startSocks, url: (proxy, given) => proxy.url(given) },
  "a SOCKS proxy that resolves names": {
    program: "microsocks",
    start: startSocks,
    url: (proxy, given) => proxy.url(given).replace("socks5:", "socks5h:"),
  },
};

const files = { "/file": "content", "/a/b": "deeper" };
const identity = await generateTlsIdentity();
const trusting: TransportOptions = { tls: { ca: identity.cert } };
const started: Proxy[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((proxy) => proxy.stop()));
});

describe.each(Object.entries(ways))("%s", (_name, way) => {
  async function running(options?: { readonly login?: typeof login }): Promise<Proxy> {
    const proxy = await way.start(options);
    started.push(proxy);
    return proxy;
  }

  describe.runIf(hasProgram(way.program))(titleNeeding(way.program, way.program), () => {
    it.each([
      ["HTTP/1.1", {}],
      ["HTTP/1.1 over TLS", { tls: identity }],
      ["HTTP/2", { tls: identity, http2: true }],
    ])("leads to a server that speaks %s", async (_kind, options) => {
      const proxy = await running();
      const server = await serverWith(files, options);
      const transport = open(server.url, { ...trusting, proxy: way.url(proxy) });
      expect(String(await transport.getBytes("file"))).toBe("content");
      expect(String(await transport.getBytes("a/b"))).toBe("deeper");
      expect(await transport.has("missing")).toBe(false);
      await expect.poll(() => proxy.accepted).toBeGreaterThan(0);
      if ("tls" in options) expect(server.accepted).toBe(1);
    });

    it("carries whole files, byte for byte, many at once", async () => {
      const proxy = await running();
      const large = Buffer.alloc(3_000_000, "0123456789abcdef-");
      const server = await serverWith({ "/large": large }, { tls: identity });
      const transport = open(server.url, { ...trusting, proxy: way.url(proxy), connections: 3 });
      const all = await Promise.all(Array.from({ length: 6 }, () => transport.getBytes("large")));
      expect(all.every((bytes) => bytes.equals(large))).toBe(true);
    });

    it("lets in who knows its password, and nobody else; whoever is not let in is told by whom", async () => {
      const proxy = await running({ login });
      const server = await serverWith(files, { tls: identity });
      const known = open(server.url, { ...trusting, proxy: way.url(proxy, login) });
      expect(String(await known.getBytes("file"))).toBe("content");
      const wrong = open(server.url, { ...trusting, proxy: way.url(proxy, { ...login, password: "wrong" }) });
      const refused = await failureOf(wrong.stat("file"));
      expect(refused).toMatchObject({ code: "authentication-failed", operation: "stat" });
      expect(refused.message).toContain(`${login.user}@127.0.0.1:${proxy.port}`);
      expect(refused.message).not.toContain("wrong");
      const nobody = await failureOf(open(server.url, { ...trusting, proxy: way.url(proxy) }).stat("file"));
      expect(nobody.code).toMatch(/^(?:authentication|connection)-failed$/);
      expect(nobody.message).toContain(`the proxy`);
      expect(server.accepted).toBe(1);
    });

    it("that cannot reach the server says so, with its name and a way out", async () => {
      const proxy = await running();
      const port = await freePort();
      const error = await failureOf(open(`https://127.0.0.1:${port}/`, { proxy: way.url(proxy) }).stat("file"));
      expect(error).toMatchObject({ code: "connection-failed", temporary: true });
      expect(error.message).toContain(`the proxy ${way.url(proxy)}: it could not connect to 127.0.0.1:${port}`);
      expect(error.hint).toMatch(/Check the host and the port/);
    });

    it("that is not there is told apart from a server that is not", async () => {
      const proxy = await running();
      const url = way.url(proxy);
      await proxy.stop();
      const server = await serverWith(files);
      const error = await failureOf(open(server.url, { proxy: url }).stat("file"));
      expect(error).toMatchObject({ code: "connection-failed", temporary: true });
      expect(error.message).toContain(`the proxy ${url}: cannot connect to 127.0.0.1 port ${proxy.port}`);
      expect(server.accepted).toBe(0);
    });

    it("R18: one proxy, two origins: each origin's request reaches only it", async () => {
      const proxy = await running();
      const list: Transport[] = [];
      for (const options of [{}, { tls: identity }]) {
        const servers = await Promise.all(
          ["one", "other"].map((name) => serverWith({ "/file": name, [`/${name}`]: name }, options)),
        );
        const use = async (server: HttpServer, token: string): Promise<string> => {
          const proxied = { ...trusting, proxy: way.url(proxy), http: { bearerToken: token } };
          return String(await open(server.url, proxied, list).getBytes("file"));
        };
        const [one, other] = servers as [HttpServer, HttpServer];
        const used = Array.from({ length: 10 }, () => [use(one, "token-of-one"), use(other, "token-of-other")]);
        expect(await Promise.all(used.flat())).toEqual(Array.from({ length: 10 }, () => ["one", "other"]).flat());
        for (const [server, token] of [[one, "token-of-one"] as const, [other, "token-of-other"] as const]) {
          expect(server.requests.length).toBe(10);
          expect(new Set(server.requests.map(({ headers }) => headers["authorization"]))).toEqual(
            new Set([`Bearer ${token}`]),
          );
          expect(new Set(server.requests.map(({ headers }) => headers["host"]))).toEqual(
            new Set([new URL(server.url).host]),
          );
          expect(server.requests.some(({ headers }) => "proxy-authorization" in headers)).toBe(false);
        }
        if ("tls" in options) expect([one.accepted, other.accepted]).toEqual([1, 1]);
      }
    });

    it("R16: another proxy, none, or other credentials for it are another connection; unsaid is the same", async () => {
      const [proxy, another] = [await running({ login }), await running()];
      const server = await serverWith(files, { tls: identity });
      const list: Transport[] = [];
      const after = async (path: string, options: TransportOptions): Promise<number> => {
        await open(server.url + path, { ...trusting, ...options }, list)
          .has("file")
          .catch(() => undefined);
        return server.accepted;
      };
      const url = way.url(proxy, login);
      expect(await after("", { proxy: url })).toBe(1);
      expect(await after("a/", { proxy: new URL(`${url}/`) })).toBe(1);
      expect(await after("b/", {})).toBe(1);
      expect(await after("c/", { proxy: way.url(another) })).toBe(2);
      expect(await after("d/", { proxy: null })).toBe(3);
      expect(await after("e/", { proxy: null })).toBe(3);
      // With a wrong password it is another connection, which comes to nothing: it is not served by the one that was let in.
      const wrong = way.url(proxy, { ...login, password: "wrong" });
      const refused = await failureOf(open(`${server.url}f/`, { ...trusting, proxy: wrong }, list).has("file"));
      expect(refused.code).toBe("authentication-failed");
      expect(list).toHaveLength(4);
    });

    it("never makes its password known: not in errors, logs, events or reports", async () => {
      const proxy = await running({ login });
      const server = await serverWith(files, { tls: identity });
      const witness = new Witness([login.password, "wr0ngSecret", basic(login.password), basic("wr0ngSecret")]);
      const list: Transport[] = [];
      for (const password of [login.password, "wr0ngSecret"]) {
        const given = way.url(proxy, { ...login, password });
        const transport = getTransport(server.url, list, { ...trusting, proxy: given, logger: witness.logger });
        await transport.has("file").catch((error: unknown) => witness.hear(error));
        witness.hear(await failureOf(transport.stat("missing")));
        witness.hear([transport, transport.connectionReport(), transport.explainReuse(server.url, { proxy: given })]);
      }
      await Promise.all(list.map((transport) => transport.disconnect()));
      await witness.swear();
    });
  });
});

const basic = (password: string): string => Buffer.from(`${login.user}:${password}`).toString("base64");

describe.runIf(hasProgram("tinyproxy") && hasProgram("nginx"))(
  titleNeeding("tinyproxy", "nginx behind tinyproxy"),
  () => {
    let tls: WebTlsIdentity;
    let nginx: NginxServer;
    beforeAll(async () => {
      tls = await makeWebTlsIdentity();
      nginx = await startNginx({ tls: { identity: tls, clientCertificate: "required" }, http2: true });
      await writeFile(join(nginx.root, "file"), "content");
    });
    afterAll(async () => {
      await nginx.stop();
      await tls[Symbol.asyncDispose]();
    });

    it("knows its clients by their certificates, which the proxy only passes on", async () => {
      const proxy = await startForwardProxy();
      started.push(proxy);
      const { ca, clientCertificate: cert, clientKey: key } = tls;
      const known = open(nginx.url("/"), { tls: { ca, cert, key }, proxy: proxy.url() });
      expect(String(await known.getBytes("file"))).toBe("content");
      const unknown = await failureOf(open(nginx.url("/"), { tls: { ca }, proxy: proxy.url() }).getBytes("file"));
      expect(unknown.message).toContain("400");
      expect(new Set(proxy.requests)).toEqual(new Set([`CONNECT 127.0.0.1:${nginx.port}`]));
    });

    it("is asked for by its whole URL where nothing is secured, also where CONNECT is not let through to its port", async () => {
      const proxy = await startForwardProxy({ login, config: ["ConnectPort 443"] });
      started.push(proxy);
      const plain = await startNginx({ login: { user: "joe", password: "of-nginx" } });
      try {
        await writeFile(join(plain.root, "file"), "content");
        const url = plain.url("/").replace("//", "//joe:of-nginx@");
        const transport = open(url, { proxy: proxy.url(login) });
        expect(String(await transport.getBytes("file"))).toBe("content");
        expect(new Set(proxy.requests)).toEqual(new Set([`GET http://127.0.0.1:${plain.port}/file`]));
        const secured = await failureOf(
          open(nginx.url("/"), { tls: { ca: tls.ca }, proxy: proxy.url(login) }).stat("x"),
        );
        expect(secured).toMatchObject({ code: "connection-failed", temporary: false });
        expect(secured.message).toContain(`it refuses to connect to 127.0.0.1:${nginx.port}: 403`);
        const nobody = await failureOf(open(url, { proxy: proxy.url() }).stat("file"));
        expect(nobody).toMatchObject({ code: "authentication-failed" });
        expect(nobody.message).toContain(`the proxy http://127.0.0.1:${proxy.port}: it wants to know who asks`);
      } finally {
        await plain.stop();
      }
    });
  },
);
