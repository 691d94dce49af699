import { afterEach, beforeAll, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope, getTransport } from "../../src/index.ts";
import { proxyFromEnvironment } from "../../src/drivers/proxy-from-env.ts";
import type { TlsIdentity } from "../../src/testing.ts";
import { generateTlsIdentity, startFtpServer, startS3Server, startWebdavServer } from "../../src/testing.ts";
import type { ScriptedProxy } from "../bad-day/scripted-proxy.ts";
import { startOpenProxy } from "../bad-day/scripted-proxy.ts";
import { Witness } from "../bad-day/witness.ts";
import { failureOf, open, serverWith } from "../schemes/http/http-site.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { startForwardProxy } from "../servers/forward-proxy.ts";
import { startOpenSsh } from "../servers/openssh.ts";
import { startSocks } from "../servers/socks.ts";
import { startVsftpd } from "../servers/vsftpd.ts";

const files = { "/file": "content" };
let identity: TlsIdentity;
let trusting: TransportOptions;
beforeAll(async () => {
  identity = await generateTlsIdentity();
  trusting = { tls: { ca: identity.cert } };
});

const proxies: ScriptedProxy[] = [];
async function running(tls?: TlsIdentity): Promise<ScriptedProxy> {
  const proxy = await startOpenProxy(tls);
  proxies.push(proxy);
  return proxy;
}
afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy[Symbol.asyncDispose]()));
});

describe("the URL of a proxy", () => {
  const secret = "s3cr\u00e9t";
  const wrong: Record<string, [proxy: string, code: string]> = {
    "without a scheme": [`joe:${secret}@proxy.example:3128`, "invalid-url"],
    "with another scheme": [`socks4://joe:${secret}@proxy.example`, "unsupported"],
    "with a path": [`http://joe:${secret}@proxy.example/path`, "invalid-url"],
    "with a query": [`http://joe:${secret}@proxy.example?x=${secret}`, "invalid-url"],
    "with a port that is none": [`http://joe:${secret}@proxy.example:port`, "invalid-url"],
    "without a host": [`http://joe:${secret}@`, "invalid-url"],
    "with a user that means something to a shell": [`http://-o:${secret}@proxy.example`, "invalid-url"],
    "that is nothing": ["", "invalid-url"],
  };
  it.each(Object.entries(wrong))(
    "%s is refused before anything is connected, and shows no password",
    async (_what, [proxy, code]) => {
      const witness = new Witness([secret, encodeURIComponent(secret)]);
      try {
        getTransport("sftp://h/", [], { proxy });
        expect.unreachable("it is taken");
      } catch (error) {
        witness.hear(error);
        expect(error).toMatchObject({ code, hint: expect.stringMatching(/./) });
      }
      await witness.swear();
    },
  );

  it("may be written in many ways, which are one", () => {
    const list: Transport[] = [];
    for (const proxy of [
      "http://j%6fe:p%40w@PROXY.b\u00fccher.example",
      "http://joe:p%40w@proxy.xn--bcher-kva.example:80/",
      new URL("http://joe:p%40w@proxy.xn--bcher-kva.example"),
    ])
      getTransport("https://server.example/", list, { proxy });
    expect(list).toHaveLength(1);
    expect(list[0]?.explainReuse("https://server.example/", { proxy: null })).toEqual({
      reuse: false,
      option: "proxy",
      reason: "proxy was explicitly none, but the connection may use one",
    });
  });
});

describe("a proxy inside TLS", () => {
  it.each([
    ["HTTP/1.1", false],
    ["HTTP/2", true],
  ])("leads to a server that speaks %s over TLS", async (_what, http2) => {
    const server = await serverWith(files, { tls: identity, http2 });
    const proxy = await running(identity);
    const transport = open(server.url, { ...trusting, proxy: proxy.url("https") });
    const all = await Promise.all(Array.from({ length: 20 }, () => transport.getBytes("file")));
    expect(new Set(all.map(String))).toEqual(new Set(["content"]));
    expect(proxy.accepted).toBe(1);
    await transport.disconnect();
    await expect.poll(() => proxy.open).toBe(0);
  });

  it("has to be one that is trusted", async () => {
    const server = await serverWith(files);
    const proxy = await running(identity);
    const error = await failureOf(open(server.url, { proxy: proxy.url("https") }).stat("file"));
    expect(error).toMatchObject({ code: "tls-failed" });
    expect(error.message).toContain(`the proxy ${proxy.url("https")}: nobody that is trusted vouches`);
    expect(proxy.heard).toEqual([]);
  });
});

describe.runIf(hasProgram("tinyproxy") && hasProgram("microsocks"))(
  titleNeeding("tinyproxy", "what is written through real proxies"),
  () => {
    it.each(["tinyproxy", "microsocks"] as const)("arrives on WebDAV servers and in buckets, by %s", async (kind) => {
      await using proxy = kind === "tinyproxy" ? await startForwardProxy() : await startSocks();
      await using plain = await startWebdavServer();
      await using secured = await startWebdavServer({ tls: identity });
      await using buckets = await startS3Server({ buckets: ["bucket"] });
      const { endpoint, accessKeyId, secretAccessKey } = buckets;
      const s3 = { endpoint, accessKeyId, secretAccessKey, region: "us-east-1", pathStyle: true };
      const large = Buffer.alloc(1_000_000, "0123456789abcdef-");
      for (const [url, options] of [
        [plain.url.replace("http", "dav"), {}],
        [secured.url.replace("http", "dav"), trusting],
        ["s3://bucket/", { s3 }],
      ] as const) {
        const transport = open(url, { ...options, proxy: proxy.url() });
        await transport.put("large", large);
        await transport.put("small", "content");
        expect((await transport.getBytes("large")).equals(large), url).toBe(true);
        const names: string[] = [];
        for await (const { name } of transport.list("")) names.push(name);
        expect(names.toSorted(), url).toEqual(["large", "small"]);
      }
      await expect.poll(() => proxy.accepted).toBeGreaterThan(2);
    });
  },
);

describe("FTP through a proxy", () => {
  const ways = [undefined, "explicit", "implicit"] as const;
  it.each(ways)("sends commands and data the same way (TLS: %s)", async (tls) => {
    await using server = await startFtpServer({ users: { joe: "secret" }, ...(tls === undefined ? {} : { tls }) });
    const proxy = await running();
    const url = server.url.replace(/\/\/[^@]*@/, "//joe:secret@");
    const ca = server.ca;
    const transport = open(url, { proxy: proxy.url(), ...(ca === undefined ? {} : { tls: { ca } }) });
    const large = Buffer.alloc(1_000_000, "0123456789abcdef-");
    await transport.put("large", large);
    expect((await transport.getBytes("large")).equals(large)).toBe(true);
    expect(server.accepted).toBe(1);
    expect(proxy.heard.every((head) => /^CONNECT 127\.0\.0\.1:\d+ HTTP/.test(head))).toBe(true);
    expect(proxy.accepted).toBeGreaterThan(2);
    expect(server.url).toContain(`:${/:(\d+) HTTP/.exec(proxy.heard[0] ?? "")?.[1]}`);
  });

  it("never connects for data directly, not even where the proxy does not let it through", async () => {
    await using server = await startFtpServer({ users: { joe: "secret" } });
    const proxy = await running();
    const transport = open(server.url.replace(/\/\/[^@]*@/, "//joe:secret@"), { proxy: proxy.url() });
    await transport.connect();
    proxy.does((socket) => socket.end("HTTP/1.1 403 Only port 21\r\n\r\n"));
    const error = await failureOf(transport.put("file", "content"));
    expect(error.message).toContain(`the proxy ${proxy.url()}: it refuses to connect`);
  });

  it.runIf(hasProgram("vsftpd") && hasProgram("microsocks"))(
    titleNeeding("vsftpd", "reaches vsftpd, by SOCKS"),
    async () => {
      await using server = await startVsftpd();
      await using proxy = await startSocks();
      const transport = open(server.url(), { password: server.password, proxy: proxy.url() });
      await transport.put("file", "content");
      expect(String(await transport.getBytes("file"))).toBe("content");
      await expect.poll(() => proxy.accepted).toBeGreaterThan(2);
    },
  );
});

describe.runIf(hasProgram("openssh-server"))(titleNeeding("openssh-server", "SFTP through a proxy"), () => {
  it.runIf(hasProgram("tinyproxy") && hasProgram("microsocks"))(
    titleNeeding(
      "tinyproxy",
      "reaches OpenSSH, which speaks first, by CONNECT and by SOCKS; another proxy is another connection",
    ),
    async () => {
      await using sshd = await startOpenSsh();
      await using connect = await startForwardProxy();
      await using socks = await startSocks();
      await using scope = new TransportScope();
      const ssh = { config: null, agent: null, identityFile: sshd.identityFile, knownHosts: sshd.knownHostsFile };
      for (const [index, proxy] of [connect.url(), socks.url(), undefined, null].entries()) {
        const given = proxy === undefined ? {} : { proxy };
        const transport = scope.getTransport(`${sshd.url(sshd.root)}/`, { ssh, ...given });
        await transport.put(`file-${index}`, "content");
        expect(String(await transport.getBytes(`file-${index}`))).toBe("content");
      }
      expect(scope.report().wiresOpened).toBe(3);
      expect(connect.requests).toEqual([`CONNECT 127.0.0.1:${sshd.port}`]);
      await expect.poll(() => socks.targets).toEqual([`127.0.0.1:${sshd.port}`]);
    },
  );
});

describe("the environment's proxy", () => {
  const names = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]);
  afterEach(() => {
    for (const name of names) process.env[name] = "";
    delete process.env["REQUEST_METHOD"];
  });
  const set = (values: Readonly<Record<string, string>>): void => void Object.assign(process.env, values);
  const secured = { scheme: "https", host: "server.example", port: 443 } as const;
  const plain = { scheme: "http", host: "server.example", port: 80 } as const;

  it("is the one for the scheme, else the one for all, else none; without a scheme it is an HTTP proxy", () => {
    expect(proxyFromEnvironment(secured)).toBeUndefined();
    set({ ALL_PROXY: "socks5h://all.example" });
    expect([secured, plain].map(proxyFromEnvironment)).toEqual(["socks5h://all.example", "socks5h://all.example"]);
    set({ https_proxy: "proxy.example:3128", HTTP_PROXY: "http://plain.example" });
    expect([secured, plain].map(proxyFromEnvironment)).toEqual(["http://proxy.example:3128", "http://plain.example"]);
    set({ NO_PROXY: "other.example,.example" });
    expect(proxyFromEnvironment(secured)).toBeUndefined();
    set({ NO_PROXY: "server.example:8443" });
    expect(proxyFromEnvironment(secured)).toBe("http://proxy.example:3128");
    expect(proxyFromEnvironment({ ...secured, port: 8443 })).toBeUndefined();
  });

  it("is not what a request to a CGI program says it is", () => {
    set({ HTTP_PROXY: "http://evil.example", REQUEST_METHOD: "GET" });
    expect(proxyFromEnvironment(plain)).toBeUndefined();
    set({ http_proxy: "http://proxy.example" });
    expect(proxyFromEnvironment(plain)).toBe("http://proxy.example");
  });

  it("is the proxy of whoever names none, on the same connection as whoever names it, and explicitly none is another", async () => {
    const server = await serverWith(files, { tls: identity });
    const proxy = await running();
    set({ HTTPS_PROXY: proxy.url() });
    const uses: [options: TransportOptions, accepted: number, proxied: number][] = [
      [{}, 1, 1],
      [{ proxy: proxy.url() }, 1, 1],
      [{ credentials: "explicit" }, 1, 1],
      [{ proxy: null }, 2, 1],
      [{}, 2, 1],
    ];
    const list: Transport[] = [];
    for (const [options, accepted, proxied] of uses) {
      await open(server.url, { ...trusting, ...options }, list).has("file");
      expect([server.accepted, proxy.accepted]).toEqual([accepted, proxied]);
    }
    // Named first and found later is the same.
    await using scope = new TransportScope();
    for (const options of [{ proxy: proxy.url() }, { credentials: "explicit" }, {}] satisfies TransportOptions[])
      expect(await scope.getTransport(server.url, { ...trusting, ...options }).has("file")).toBe(true);
    expect(scope.report().wiresOpened).toBe(1);
  });

  it("is another one, or none, for what a redirect leads to, unless the caller named it", async () => {
    const target = await serverWith(files, { tls: identity });
    const server = await serverWith(files, {
      tls: identity,
      onRequest: () => ({ status: 302, headers: { location: `${target.url}file` } }),
    });
    const proxy = await running();
    set({ HTTPS_PROXY: proxy.url(), NO_PROXY: new URL(target.url).host });
    expect(String(await open(server.url, trusting).getBytes("elsewhere"))).toBe("content");
    expect(proxy.accepted).toBe(1);
    expect(String(await open(server.url, { ...trusting, proxy: proxy.url() }).getBytes("elsewhere"))).toBe("content");
    expect(proxy.accepted).toBe(3);
  });

  it("is nothing to FTP", async () => {
    await using server = await startFtpServer({ users: { joe: "secret" } });
    set({ ALL_PROXY: "http://127.0.0.1:1" });
    expect(await open(server.url.replace(/\/\/[^@]*@/, "//joe:secret@")).has("missing")).toBe(false);
  });
});
