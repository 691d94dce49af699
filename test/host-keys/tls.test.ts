import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { TransportOptions } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import type { TlsIdentity } from "../../src/testing.ts";
import {
  generateTlsIdentity,
  startFtpServer,
  startHttpServer,
  startS3Server,
  startWebdavServer,
} from "../../src/testing.ts";
import { changingCalls } from "../../src/testing/conformance/verb-calls.ts";
import { openDoor } from "../bad-day/door.ts";
import { startOpenProxy, startScriptedProxy } from "../bad-day/scripted-proxy.ts";
import { toThisMachine } from "../reuse/sites.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { startSocks } from "../servers/socks.ts";
import { leadTo } from "./lead-to.ts";
import { paths } from "./paths.ts";

const password = "never said to a stranger";

/** A server with TLS, by what was said to it inside. */
interface Stranger {
  readonly url: string;
  readonly port: number;
  /** Without any that would have it trusted. */
  readonly options: TransportOptions;
  /** Connections that came, and what came in them: requests, or logins. */
  readonly accepted: () => number;
  readonly heard: () => number;
  readonly close: () => Promise<void>;
}

let identity: TlsIdentity;
beforeAll(async () => {
  identity = await generateTlsIdentity({ names: ["127.0.0.1", "::1", "localhost", "server.example"] });
});

type Start = (tls?: TlsIdentity, host?: string) => Promise<Stranger>;

async function http(http2: boolean, tls: TlsIdentity, host = "127.0.0.1"): Promise<Stranger> {
  const server = await startHttpServer({ tls, http2, host });
  return {
    url: server.url.replace("//", "//joe@"),
    port: server.port,
    options: { password },
    accepted: () => server.accepted,
    heard: () => server.requests.length,
    close: () => server.close(),
  };
}

async function ftp(mode: "explicit" | "implicit", tls: TlsIdentity, host = "127.0.0.1"): Promise<Stranger> {
  const server = await startFtpServer({ tls: mode, identity: tls, host, users: { joe: password } });
  return {
    url: server.url.replace("/~/", "/"),
    port: server.port,
    options: { password },
    accepted: () => server.accepted,
    heard: () => ["USER", "PASS", "ACCT"].reduce((sum, verb) => sum + (server.commands.get(verb) ?? 0), 0),
    close: () => server.close(),
  };
}

const servers: Readonly<Record<string, Start>> = {
  "https, HTTP/1.1": (tls = identity, host) => http(false, tls, host),
  "https, HTTP/2": (tls = identity, host) => http(true, tls, host),
  davs: async (tls = identity, host = "127.0.0.1") => {
    const server = await startWebdavServer({ tls, host });
    return {
      url: server.url.replace("https://", "davs://joe@"),
      port: server.port,
      options: { password },
      accepted: () => server.accepted,
      heard: () => server.requests.length,
      close: () => server.close(),
    };
  },
  s3: async (tls = identity, host = "127.0.0.1") => {
    const server = await startS3Server({ tls, host });
    const { accessKeyId, endpoint, region } = server;
    return {
      url: "s3://bucket/dir/",
      port: server.port,
      options: { s3: { accessKeyId, secretAccessKey: password, endpoint, region, pathStyle: true } },
      accepted: () => server.accepted,
      heard: () => server.requests.length,
      close: () => server.close(),
    };
  },
  ftpes: (tls = identity, host) => ftp("explicit", tls, host),
  ftps: (tls = identity, host) => ftp("implicit", tls, host),
};

/** What some of these cannot do at all is refused for that reason, and nobody is connected to. */
const inability = ["read-only", "unsupported", "not-local"];
const mayBeUnable = new RegExp(
  `^(?:a first (?:${Object.keys(changingCalls).join("|")}|readlink|lockInfo)$|the target of)`,
);

describe.each(Object.entries(servers))(
  "with nothing configured, a server whose authority is unknown: %s",
  (name, start) => {
    const started: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const close of started.splice(0).toReversed()) await close();
    });

    /** The host of an S3 endpoint is an option, not in the URL. */
    const inUrl = (title: string, run: () => Promise<void>): void => {
      if (name !== "s3") it(title, run);
    };

    async function stranger(tls?: TlsIdentity, host?: string): Promise<Stranger> {
      const server = await start(tls, host);
      started.push(server.close);
      return server;
    }

    async function expectRefused(work: Promise<unknown>, server: Stranger, unable = false): Promise<void> {
      const error: unknown = await work.then(
        (answer) => expect.unreachable(`it was let through: ${String(answer)}`),
        (reason: unknown) => reason,
      );
      const codes = unable && server.accepted() === 0 ? ["tls-failed", ...inability] : ["tls-failed"];
      expect(codes, String(error)).toContain((error as { code?: unknown }).code);
      expect(String(error)).not.toContain(password);
      expect(server.heard(), "requests, or logins").toBe(0);
    }

    describe("is refused before anything is said to it", () => {
      let server: Stranger;
      beforeAll(async () => {
        server = await start();
      });
      afterAll(async () => {
        await server.close();
      });

      it.each(Object.keys(paths))("%s", async (path) => {
        const before = server.accepted();
        const none = { ...server, accepted: () => server.accepted() - before };
        await expectRefused(
          (paths[path] as (typeof paths)[string])(server.url, server.options),
          none,
          mayBeUnable.test(path),
        );
      });
    });

    inUrl("is refused over IPv6, by a lookup of one's own, and from an address of one's own", async () => {
      const six = await stranger(identity, "::1");
      await expectRefused(getTransport(six.url, [], six.options).stat(""), six);
      const four = await stranger();
      const named = getTransport(four.url.replace("127.0.0.1", "server.example"), [], {
        ...four.options,
        lookup: toThisMachine,
      });
      await expectRefused(named.stat(""), four);
      await expectRefused(getTransport(four.url, [], { ...four.options, localAddress: "127.0.0.2" }).stat(""), four);
    });

    it("is refused behind an HTTP proxy", async () => {
      const server = await stranger();
      const proxy = await startOpenProxy();
      started.push(() => proxy[Symbol.asyncDispose]());
      if (name.startsWith("ftp")) {
        await expect(
          getTransport(server.url, [], { ...server.options, proxy: proxy.url() }).stat(""),
        ).rejects.toMatchObject({
          code: expect.stringMatching(/^(?:tls-failed|unsupported)$/),
        });
        expect(server.heard()).toBe(0);
        return;
      }
      await expectRefused(getTransport(server.url, [], { ...server.options, proxy: proxy.url() }).stat(""), server);
      expect(proxy.accepted).toBe(1);
    });

    it.runIf(hasProgram("microsocks"))(titleNeeding("microsocks", "is refused behind a SOCKS proxy"), async () => {
      const server = await stranger();
      const socks = await startSocks();
      started.push(() => socks.stop());
      await expectRefused(getTransport(server.url, [], { ...server.options, proxy: socks.url() }).stat(""), server);
    });

    it("is refused as a proxy inside TLS: it hears neither a name nor where one wants to go", async () => {
      const server = await stranger();
      const proxy = await startScriptedProxy(() => undefined, identity);
      started.push(() => proxy[Symbol.asyncDispose]());
      const url = proxy.url("https", `joe:${encodeURIComponent(password)}@`);
      await expectRefused(getTransport(server.url, [], { ...server.options, proxy: url }).stat(""), server);
      expect(proxy.heard).toEqual([]);
      expect(server.accepted()).toBe(0);
    });

    inUrl("is refused when a connection is made anew, and the one that was known is not there any more", async () => {
      const known = await stranger();
      const other = await stranger(await generateTlsIdentity());
      const door = await openDoor(known.port);
      started.push(() => door.close());
      const url = known.url.replace(`:${known.port}`, `:${door.port}`);
      const transport = getTransport(url, [], { ...known.options, tls: { ca: identity.cert } });
      await transport.has("");
      expect(known.heard()).toBeGreaterThan(0);
      await transport.disconnect();
      door.welcome = leadTo(other.port);
      for (const work of [() => transport.stat(""), () => transport.getBytes("file"), () => transport.connect()])
        await expectRefused(work(), other);
      await transport.disconnect();
    });

    it("is believed once its authority is: what refused it was that alone", async () => {
      const server = await stranger();
      const transport = getTransport(server.url, [], { ...server.options, tls: { ca: identity.cert } });
      await Promise.allSettled([transport.stat("")]);
      expect(server.heard()).toBeGreaterThan(0);
      await transport.disconnect();
    });
  },
);

describe("a redirect", () => {
  it("to a server whose authority is unknown is refused before anything is said to that one", async () => {
    const other = await startHttpServer({ tls: await generateTlsIdentity() });
    const known = await startHttpServer({
      tls: identity,
      onRequest: () => ({ status: 302, headers: { location: `${other.url}file` } }),
    });
    const transport = getTransport(known.url, [], { tls: { ca: identity.cert } });
    await expect(transport.getBytes("file")).rejects.toMatchObject({ code: "tls-failed", operation: "getBytes" });
    expect(known.requests).toHaveLength(1);
    expect(other.requests).toHaveLength(0);
    await transport.disconnect();
    await Promise.all([known.close(), other.close()]);
  });
});
