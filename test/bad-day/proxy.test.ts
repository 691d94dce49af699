import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { ErrorCode, Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope } from "../../src/index.ts";
import { resetSocket } from "../../src/drivers/socket.ts";
import type { HttpServer } from "../../src/testing.ts";
import { generateTlsIdentity, startHttpServer } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import { hurried } from "./http-day.ts";
import { endless } from "./scripted-http-server.ts";
import type { ProxyScript, ScriptedProxy } from "./scripted-proxy.ts";
import { startScriptedProxy } from "./scripted-proxy.ts";
import { Witness } from "./witness.ts";

const identity = await generateTlsIdentity();
const secret = "pr0xy#Pass/word";
const base64 = Buffer.from(`joe:${secret}`).toString("base64");
const login = `joe:${encodeURIComponent(secret)}@`;

let server: HttpServer;
let proxy: ScriptedProxy;
let witness: Witness;
let scope: TransportScope;

beforeEach(async () => {
  server = await startHttpServer({ tls: identity });
  seedTree(server.tree, "/file", "content");
  proxy = await startScriptedProxy();
  witness = new Witness([secret, base64, encodeURIComponent(secret)]);
  scope = new TransportScope();
});
afterEach(async () => {
  witness.hear(scope.report());
  await scope.close();
  await expect.poll(() => proxy.open, { message: "connections to the proxy that remain" }).toBe(0);
  await proxy[Symbol.asyncDispose]();
  await server.close();
  await witness.swear();
});

function through(scheme: "http" | "socks5" | "socks5h", options: TransportOptions = {}): Transport {
  return scope.getTransport(server.url, {
    ...hurried,
    tls: { ca: identity.cert },
    logger: witness.logger,
    proxy: proxy.url(scheme, login),
    ...options,
  });
}

const port = (): number => Number(new URL(server.url).port);
const says =
  (bytes: string): ProxyScript =>
  (socket) =>
    socket.write(Buffer.from(bytes, "latin1"));
const ok = "HTTP/1.1 200 OK\r\n\r\n";

interface Bad {
  readonly does: ProxyScript;
  readonly code: ErrorCode;
  readonly says: RegExp;
  readonly temporary?: boolean;
}

const badHttp: Record<string, Bad> = {
  "says nothing": { does: () => undefined, code: "timeout", says: /phase "proxy" \(http:\/\/joe@127/ },
  "says half a reply": { does: says("HTTP/1.1 200 O"), code: "timeout", says: /phase "proxy"/ },
  "says half a reply and closes": {
    does: (socket) => socket.end("HTTP/1.1 200 OK\r\nVia: x"),
    code: "connection-failed",
    says: /hung up before it had answered/,
    temporary: true,
  },
  "closes without a word": { does: (socket) => socket.end(), code: "connection-failed", says: /hung up/ },
  "resets the connection": { does: resetSocket, code: "connection-failed", says: /hung up/, temporary: true },
  "has an endless head": {
    does: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      endless(socket, `X-Endless: ${"x".repeat(1000)}\r\n`);
    },
    code: "protocol-error",
    says: /has no end/,
  },
  "has an endless line": {
    does: (socket) => endless(socket, "HTTP/1.1 200 " + "x".repeat(10_000)),
    code: "protocol-error",
    says: /has no end/,
  },
  "speaks something else": {
    does: says("220 ftp.example.com\r\n\r\n"),
    code: "protocol-error",
    says: /does not answer as an HTTP proxy/,
  },
  "wants to know who asks": {
    does: says('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n'),
    code: "authentication-failed",
    says: /the proxy http:\/\/joe@127\.0\.0\.1:\d+: it refuses the user and the password/,
  },
  "wants an authentication that nobody has": {
    does: says("HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate, NTLM\r\n\r\n"),
    code: "authentication-failed",
    says: /not supported: negotiate, ntlm/,
  },
  "says 401, as Tinyproxy does": {
    does: says('HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm="Tinyproxy"\r\n\r\n'),
    code: "authentication-failed",
    says: /refuses the user and the password/,
  },
  "says 403": {
    does: says("HTTP/1.1 403 Not for you\r\n\r\n"),
    code: "connection-failed",
    says: /refuses to connect to 127\.0\.0\.1:\d+: 403 Not for you/,
    temporary: false,
  },
  "says 502": {
    does: says("HTTP/1.1 502 Bad Gateway\r\n\r\n"),
    code: "connection-failed",
    says: /could not connect to 127\.0\.0\.1:\d+: 502 Bad Gateway\)?/,
    temporary: true,
  },
  "sends the client elsewhere": {
    does: says("HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\n\r\n"),
    code: "connection-failed",
    says: /refuses to connect/,
  },
  "repeats the password in what it says": {
    does: says(`HTTP/1.1 502 ${base64} is not ${secret}\r\n\r\n`),
    code: "connection-failed",
    says: /could not connect to 127\.0\.0\.1:\d+: 502/,
  },
  "says more than it was asked": {
    does: says(`${ok}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`),
    code: "protocol-error",
    says: /more than it was asked for/,
  },
  "does not speak TLS behind its reply": {
    does: (socket) => {
      socket.write(ok);
      socket.once("data", () => socket.write("evil\r\n".repeat(100)));
    },
    code: "tls-failed",
    says: /TLS/,
  },
  "closes after its reply": {
    does: (socket) => socket.end(ok),
    code: "connection-failed",
    says: /hung up|closed/,
    temporary: true,
  },
};

/** The greeting, the login, and what follows. */
const socks = (...answers: string[]): ProxyScript => {
  return (socket) => {
    const left = [...answers];
    const next = (): void => void socket.write(Buffer.from(left.shift() ?? "", "latin1"));
    next();
    socket.on("data", next);
  };
};
const [askLogin, letIn] = ["\x05\x02", "\x01\x00"];
const connected = "\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50";

const badSocks: Record<string, Bad> = {
  "says nothing": { does: () => undefined, code: "timeout", says: /phase "proxy" \(socks5:\/\/joe@127/ },
  "says half a reply": { does: says("\x05"), code: "timeout", says: /phase "proxy"/ },
  "closes without a word": { does: (socket) => socket.end(), code: "connection-failed", says: /hung up/ },
  "closes after the greeting": {
    does: (socket) => socket.end(Buffer.from(askLogin, "latin1")),
    code: "connection-failed",
    says: /hung up/,
  },
  "resets the connection": { does: resetSocket, code: "connection-failed", says: /hung up/, temporary: true },
  "speaks something else": {
    does: says("HTTP/1.1 400 Bad Request\r\n\r\n"),
    code: "protocol-error",
    says: /does not answer as a SOCKS5 proxy/,
  },
  "takes no login": { does: says("\x05\xff"), code: "authentication-failed", says: /refuses the user/ },
  "wants GSSAPI": { does: says("\x05\x01"), code: "protocol-error", says: /does not answer as a SOCKS5 proxy/ },
  "refuses the password": {
    does: socks(askLogin, "\x01\x01"),
    code: "authentication-failed",
    says: /the proxy socks5:\/\/joe@127\.0\.0\.1:\d+: it refuses the user and the password/,
  },
  "forbids the server": {
    does: socks(askLogin, letIn, "\x05\x02\x00\x01\0\0\0\0\0\0"),
    code: "connection-failed",
    says: /refuses to connect to 127\.0\.0\.1:\d+/,
    temporary: false,
  },
  "cannot reach the server": {
    does: socks(askLogin, letIn, "\x05\x05\x00\x01\0\0\0\0\0\0"),
    code: "connection-failed",
    says: /could not connect to 127\.0\.0\.1:\d+: nothing listens there/,
    temporary: true,
  },
  "fails with a number that nobody knows": {
    does: socks(askLogin, letIn, "\x05\x63\x00\x01\0\0\0\0\0\0"),
    code: "connection-failed",
    says: /could not connect/,
  },
  "says more than it was asked": {
    does: socks(askLogin, letIn, `${connected}evil`),
    code: "protocol-error",
    says: /more than it was asked for/,
  },
  "says everything at once": {
    does: says(`${askLogin}${letIn}${connected}`),
    code: "protocol-error",
    says: /does not answer as a SOCKS5 proxy|more than/,
  },
  "never stops speaking": {
    does: (socket) => endless(socket, Buffer.alloc(10_000, 5)),
    code: "protocol-error",
    says: /does not answer as a SOCKS5 proxy/,
  },
};

describe.each([
  ["an HTTP proxy", "http", badHttp],
  ["a SOCKS proxy", "socks5", badSocks],
] as const)("%s that", (_kind, scheme, days) => {
  it.each(Object.entries(days))(
    "%s fails what it was for, in time, and says so; the next one may do better",
    async (_what, bad) => {
      proxy.does(bad.does);
      const transport = through(scheme);
      const { code, temporary } = bad;
      await witness.failure(transport.stat("file"), {
        code,
        operation: code === "timeout" ? "connect" : "stat",
        says: bad.says,
        ...(temporary === undefined ? {} : { temporary }),
      });
      await expect.poll(() => proxy.open).toBe(0);
      expect(server.requests).toEqual([]);
      proxy.does(
        scheme === "http"
          ? (socket) => {
              socket.write(ok);
              proxy.tunnel(socket, port());
            }
          : politeSocks,
      );
      await transport.connect();
      expect(String(await transport.getBytes("file"))).toBe("content");
    },
  );

  it("is silent keeps nobody who gives up", async () => {
    const control = new AbortController();
    const waiting = through(scheme, { connectTimeoutMs: 60_000 }).stat("file", { signal: control.signal });
    await expect.poll(() => proxy.heard.length).toBe(1);
    control.abort();
    await witness.failure(waiting, { code: "aborted", operation: "stat", says: /./ });
    await expect.poll(() => proxy.open).toBe(0);
  });

  it("refuses its user is asked once, however many operations wait", async () => {
    proxy.does(
      (days === badHttp ? badHttp["wants to know who asks"] : badSocks["refuses the password"])?.does as ProxyScript,
    );
    const transport = through(scheme, { connections: 8 });
    const all = Array.from({ length: 100 }, () => transport.stat("file").catch((error: unknown) => error));
    const codes = (await Promise.all(all)).map((error) => (error as { code?: unknown }).code);
    expect(new Set(codes)).toEqual(new Set(["authentication-failed"]));
    expect(proxy.accepted).toBe(1);
  });
});

const politeSocks: ProxyScript = (socket) => {
  socket.write(Buffer.from(askLogin, "latin1"));
  socket.once("data", () => {
    socket.write(Buffer.from(letIn, "latin1"));
    socket.once("data", () => {
      socket.write(Buffer.from(connected, "latin1"));
      proxy.tunnel(socket, port());
    });
  });
};

describe("what a proxy is told", () => {
  it("is who asks and where it leads, by name where the proxy resolves it, and nothing else", async () => {
    proxy.does((socket) => socket.end("HTTP/1.1 502 No\r\n\r\n"));
    const url = "https://ann:hers@server.b\u00fccher.example:8443/file";
    const options = { ...hurried, proxy: proxy.url("http", login) };
    await scope
      .getTransport(url, options)
      .stat("")
      .catch((error: unknown) => witness.hear(error));
    expect(proxy.heard).toEqual([
      [
        "CONNECT server.xn--bcher-kva.example:8443 HTTP/1.1",
        "Host: server.xn--bcher-kva.example:8443",
        "User-Agent: samewire",
        `Proxy-Authorization: Basic ${base64}`,
        "\r\n",
      ].join("\r\n"),
    ]);
    let target: Buffer | undefined;
    proxy.does((socket) => {
      socket.write("\x05\x00");
      socket.once("data", (bytes) => socket.end((target = bytes)));
    });
    await scope
      .getTransport(url, { ...hurried, proxy: proxy.url("socks5h") })
      .stat("")
      .catch((error: unknown) => witness.hear(error));
    expect(target?.toString("latin1")).toBe("\x05\x01\x00\x03\x1cserver.xn--bcher-kva.example\x20\xfb");
  });

  it("is a whole URL for each request where nothing is secured; a connection that it does not promise to keep serves one", async () => {
    const heads: string[] = [];
    const answer =
      (more: string): ProxyScript =>
      (socket, first) => {
        const say = (head: string): void => {
          heads.push(head);
          socket.write(`HTTP/1.1 200 OK\r\n${more}Content-Length: 7\r\n\r\ncontent`);
        };
        say(first);
        socket.on("data", (bytes) => say(String(bytes)));
      };
    const transport = scope.getTransport("http://files.example/", { ...hurried, proxy: proxy.url("http", login) });
    proxy.does(answer(""));
    for (let times = 0; times < 3; times++) expect(String(await transport.getBytes("a b"))).toBe("content");
    expect(proxy.accepted).toBe(3);
    proxy.does(answer("Connection: keep-alive\r\n"));
    for (let times = 0; times < 3; times++) expect(String(await transport.getBytes("a b"))).toBe("content");
    expect(proxy.accepted).toBe(4);
    for (const head of heads) {
      expect(head).toMatch(/^GET http:\/\/files\.example\/a%20b HTTP\/1\.1\r\n/);
      expect(head).toContain(`proxy-authorization: Basic ${base64}\r\n`);
      expect(head.toLowerCase()).toContain("host: files.example\r\n");
    }
  });

  it("of one that forwards requests and refuses its user is told as its own word, and it is asked once", async () => {
    proxy.does(says('HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'));
    const options = { ...hurried, logger: witness.logger, proxy: proxy.url("http", login) };
    const transport = scope.getTransport("http://files.example/", options);
    const expected = { code: "authentication-failed", operation: "stat", says: /the proxy http:\/\/joe@127/ } as const;
    for (let times = 0; times < 5; times++) await witness.failure(transport.stat("file"), expected);
    expect(proxy.accepted).toBe(1);
    proxy.does(says("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"));
    await transport.connect();
    expect((await transport.stat("file")).sizeBytes).toBe(7);
  });

  it("of one that refuses its user on the way to a bucket is told as its own word, and it is asked once", async () => {
    proxy.does(says('HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'));
    const s3 = { endpoint: "http://buckets.example", region: "us-east-1", accessKeyId: "joe", secretAccessKey: "hush" };
    const transport = scope.getTransport("s3://bucket/", { ...hurried, s3, proxy: proxy.url("http", login) });
    const expected = { code: "authentication-failed", operation: "stat", says: /the proxy http:\/\/joe@127/ } as const;
    for (let times = 0; times < 5; times++) await witness.failure(transport.stat("file"), expected);
    expect(proxy.accepted).toBe(1);
  });
});
