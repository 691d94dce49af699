import { once } from "node:events";
import type { Http2Session } from "node:http2";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";

import { describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope } from "../../src/index.ts";
import {
  fastClock,
  generateTlsIdentity,
  startFtpServer,
  startHttpServer,
  startS3Server,
  startSftpServer,
  startWebdavServer,
} from "../../src/testing.ts";

/** A second for what takes 20: a sign of life is due after one, and an idle wire closes after three. */
const hasty = (): TransportOptions => ({ clock: fastClock(20) });

const trusting = { config: null, agent: null, identityFile: null, knownHosts: null, unknownHostKey: "accept" as const };

/** Long enough for two signs of life by the default limits. */
const twoIntervals = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2_700));

describe("an idle wire that is still wanted is given signs of life in its protocol's own terms", () => {
  it("FTP: NOOP", async () => {
    await using server = await startFtpServer();
    await using scope = new TransportScope();
    await scope.getTransport(server.url, { ...hasty(), password: server.password }).has("x");
    await expect.poll(() => server.commands.get("NOOP") ?? 0).toBeGreaterThan(0);
    // Wanted until the idle limit is over: then it says goodbye.
    await expect.poll(() => server.open).toBe(0);
    expect(server.commands.get("QUIT")).toBe(1);
  });

  it("SFTP: a request to the process that serves the files", async () => {
    await using server = await startSftpServer();
    await using scope = new TransportScope();
    const transport = scope.getTransport(server.url, { ...hasty(), password: server.password, ssh: trusting });
    await transport.has("x");
    const before = server.requests.get("realpath") ?? 0;
    await expect.poll(() => server.requests.get("realpath") ?? 0).toBeGreaterThan(before);
    await expect.poll(() => server.open).toBe(0);
  });

  it("SSH without a channel: a global request, whatever its answer", async () => {
    await using server = await startSftpServer();
    await using scope = new TransportScope();
    const transport = scope.getTransport(server.url, { ...hasty(), password: server.password, ssh: trusting });
    await transport.connect();
    const heard = (): number => scope.report().connections[0]?.bytesReceived ?? 0;
    const before = heard();
    await expect.poll(heard).toBeGreaterThan(before);
    expect(server.requests.size).toBe(0);
    expect(server.accepted).toBe(1);
  });

  it("HTTP/2: PING, and no request", async () => {
    await using server = await startHttp2();
    await using scope = new TransportScope();
    const transport = scope.getTransport(server.url, { ...hasty(), tls: { ca: server.ca } });
    await transport.has("x");
    const { requests } = server;
    await expect.poll(() => server.pings).toBeGreaterThan(0);
    expect(server.requests).toBe(requests);
    await expect.poll(() => server.open).toBe(0);
  });
});

describe("a protocol without a sign of life of its own is not given one", () => {
  const sites = {
    "HTTP/1.1": async () => siteOf(await startHttpServer(), (url) => url, {}),
    "WebDAV over HTTP/1.1": async () => siteOf(await startWebdavServer(), (url) => url, {}),
    S3: async () => {
      const server = await startS3Server();
      const { accessKeyId, secretAccessKey, region, port } = server;
      const s3 = { endpoint: `http://127.0.0.1:${port}`, pathStyle: true, region, accessKeyId, secretAccessKey };
      return siteOf(server, () => "s3://bucket/", { s3 });
    },
  };

  it.each(Object.entries(sites))("%s", async (_name, start) => {
    await using site = await start();
    await using scope = new TransportScope();
    await site.open(scope).has("x");
    const before = site.server.requests.length;
    await twoIntervals();
    expect(site.server.requests.length).toBe(before);
  });
});

interface CountedServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly unknown[];
}

function siteOf(server: CountedServer, url: (url: string) => string, options: TransportOptions) {
  return {
    server,
    open: (scope: TransportScope): Transport => scope.getTransport(url(server.url), { ...hasty(), ...options }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A server of HTTP/2 that counts what it is asked, and how often it is pinged. */
async function startHttp2() {
  const { cert, key } = await generateTlsIdentity();
  const sessions = new Set<Http2Session>();
  const counts = { pings: 0, requests: 0 };
  const server = createSecureServer({ cert, key }, (_request, response) => {
    counts.requests++;
    response.writeHead(404).end();
  });
  server.on("session", (session) => {
    sessions.add(session);
    session.on("ping", () => counts.pings++);
    session.on("close", () => sessions.delete(session));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    ca: cert,
    get pings() {
      return counts.pings;
    },
    get requests() {
      return counts.requests;
    },
    get open() {
      return sessions.size;
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
