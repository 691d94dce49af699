import { X509Certificate } from "node:crypto";

import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { HttpOptions, Lookup, TlsOptions, Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope, getTransport } from "../../src/index.ts";
import type { TlsIdentity, WebdavServer, WebdavServerOptions } from "../../src/testing.ts";
import { generateTlsIdentity, startWebdavServer } from "../../src/testing.ts";
import { toThisMachine } from "./sites.ts";

let identity: TlsIdentity;
let client: TlsIdentity;
beforeAll(async () => {
  [identity, client] = await Promise.all([
    generateTlsIdentity({ names: ["localhost", "127.0.0.1", "::1", "host.example", "files.example"] }),
    generateTlsIdentity({ names: ["client.example"] }),
  ]);
});

describe("reuse over WebDAV, counted by an in-process server", () => {
  let list: Transport[];
  const used: Transport[] = [];
  const servers: WebdavServer[] = [];

  beforeEach(() => {
    list = [];
  });
  afterEach(async () => {
    await Promise.all(used.splice(0).map((transport) => transport.disconnect()));
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  const login = { scheme: "basic", users: { joe: "secret", ann: "secret", "joe/of@house": "p#ss: word" } } as const;

  async function start(options: WebdavServerOptions = { login }): Promise<WebdavServer> {
    const server = await startWebdavServer(options);
    servers.push(server);
    return server;
  }

  async function use(url: string, options?: TransportOptions): Promise<Transport> {
    const transport = getTransport(url, list, options);
    used.push(transport);
    await transport.has("anything");
    return transport;
  }

  /** Uses a transport that may be refused: the server counts the connection all the same. */
  async function attempt(url: string, options?: TransportOptions): Promise<void> {
    await use(url, options).catch(() => undefined);
  }

  /** Asserts an option's three values: unsaid and the same share, another one and explicitly none do not. */
  async function threeValues(
    server: WebdavServer,
    url: string,
    values: {
      readonly same: TransportOptions;
      readonly other: TransportOptions;
      readonly none?: TransportOptions | undefined;
    },
  ): Promise<void> {
    await use(url, values.same);
    await use(`${url}unsaid/`);
    await use(`${url}same/`, values.same);
    expect(server.accepted, "unsaid, and the same").toBe(1);
    await attempt(`${url}other/`, values.other);
    expect(server.accepted, "another one").toBe(2);
    if (values.none === undefined) return;
    await attempt(`${url}none/`, values.none);
    expect(server.accepted, "explicitly none").toBe(3);
  }

  const at = ({ port }: WebdavServer, user = "joe:secret@"): string => `dav://${user}127.0.0.1:${port}/`;

  describe("who one is", () => {
    it("R1: another password, or explicitly none, needs its own wire; unsaid shares", async () => {
      const server = await start();
      const [same, other, none] = [{ password: "secret" }, { password: "other" }, { password: null }];
      await threeValues(server, at(server, "joe@"), { same, other, none });
    });

    it("R2, R19: a URL without a user is nobody in particular, not whoever is in the list", async () => {
      const server = await start({});
      await use(at(server));
      await use(at(server, ""));
      expect(server.accepted).toBe(2);
      await use(`${at(server, "")}b/`);
      await use(at(server, ""), { user: "joe" });
      expect(server.accepted).toBe(2);
    });

    it("R3: another user needs its own wire, wherever it is said", async () => {
      const server = await start();
      await use(at(server));
      await use(at(server, ""), { user: "joe" });
      await use(`${at(server, "joe@")}b/`, { user: "ann" }); // The URL's own user wins.
      expect(server.accepted).toBe(1);
      await use(at(server, ""), { user: "ann", password: "secret" });
      await use(`${at(server, "ann:secret@")}b/`);
      expect(server.accepted).toBe(2);
    });

    it("R4: a password differing in case needs its own wire", async () => {
      const server = await start();
      await use(at(server));
      await attempt(at(server, "joe:Secret@"));
      expect(server.accepted).toBe(2);
    });

    it("R9: percent-encoding makes no difference", async () => {
      const server = await start();
      await use(at(server, "joe%2fof%40house:p%23ss%3A%20word@"));
      await use(`${at(server, "%6aoe%2Fof%40hous%65:%70%23ss%3a%20word@")}b/`);
      await use(at(server, ""), { user: "joe/of@house", password: "p#ss: word" });
      expect(server.accepted).toBe(1);
    });

    it("R11: another callback for credentials needs its own wire, unless it has the same id", async () => {
      const server = await start();
      const asking = (id: string) => Object.assign(() => "secret", { id });
      const url = at(server, "joe@");
      await use(url, { credentials: asking("one") });
      await use(`${url}b/`, { credentials: asking("one") });
      await use(`${url}c/`);
      expect(server.accepted).toBe(1);
      await use(`${url}d/`, { credentials: asking("two") });
      expect(server.accepted).toBe(2);
    });

    const headers: readonly [string, HttpOptions, HttpOptions, HttpOptions][] = [
      ["R10: another bearer token", { bearerToken: "one" }, { bearerToken: "other" }, { bearerToken: null }],
      ["R16: another authorization", { authorization: "X one" }, { authorization: "X other" }, { authorization: null }],
      ["R16: other headers", { headers: { "X-Key": "one" } }, { headers: { "X-Key": "other" } }, { headers: null }],
    ];
    it.each(headers)("%s, or explicitly none, needs its own wire; unsaid shares", async (_what, same, other, none) => {
      const server = await start({});
      await threeValues(server, at(server, ""), { same: { http: same }, other: { http: other }, none: { http: none } });
    });

    it("R25: a password that comes late is taken up by a candidate that has never connected", async () => {
      const server = await start();
      const early = getTransport(at(server, "joe@"), list);
      used.push(early);
      await use(`${at(server)}b/`);
      expect(await early.has("x")).toBe(false);
      expect([server.accepted, list.length]).toEqual([1, 1]);
    });
  });

  describe("where one goes", () => {
    it("R5, R6: the host's case and the default port make no difference, and other names of the scheme neither", () => {
      const first = getTransport("dav://joe@Host.Example/", list);
      for (const url of ["dav://joe@host.example:80/b/", "DAV://joe@HOST.EXAMPLE/c/", "dav://joe@host.example:080/d/"])
        expect(first.reuseConnectionFor(url), url).toBeDefined();
      expect(first.reuseConnectionFor("dav://joe@host.example:443/")).toBeUndefined();
      expect(first.reuseConnectionFor("dav://joe@host.example./")).toBeUndefined();
      const secure = getTransport("davs://joe@host.example/", list);
      expect(secure.reuseConnectionFor("davs://joe@host.example:443/b/")).toBeDefined();
      expect(secure.reuseConnectionFor("davs://joe@host.example:80/b/")).toBeUndefined();
      expect(secure.reuseConnectionFor("dav://joe@host.example:443/b/")).toBeUndefined();
      expect(list).toHaveLength(2);
    });

    it("R7: an international name and its ASCII form are one", async () => {
      const server = await start();
      await use(`dav://joe:secret@bücher.example:${server.port}/`, { lookup: toThisMachine });
      await use(`dav://joe@xn--bcher-kva.example:${server.port}/b/`);
      await use(`dav://joe@BÜCHER.example:${server.port}/c/`);
      expect(server.accepted).toBe(1);
    });

    it("R8: an IPv6 address is one however it is written", async () => {
      const server = await start({ login, host: "::1" });
      await use(`dav://joe:secret@[::1]:${server.port}/`);
      for (const host of ["[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::0.0.0.1]"])
        await use(`dav://joe@${host}:${server.port}/b/`);
      expect(server.accepted).toBe(1);
    });

    it("R13: another local address, or explicitly none, needs its own wire; unsaid shares", async () => {
      const server = await start();
      const same = { localAddress: "127.0.0.1" };
      await threeValues(server, at(server), {
        same,
        other: { localAddress: "127.0.0.2" },
        none: { localAddress: null },
      });
    });

    it("R13: another IP family, or explicitly none, needs its own wire; unsaid shares", async () => {
      const server = await start();
      const url = `dav://joe:secret@localhost:${server.port}/`;
      const lookup = toThisMachine; // Has the one address, whatever family is asked for.
      await threeValues(server, url, {
        same: { lookup, family: 4 },
        other: { lookup, family: 6 },
        none: { lookup, family: null },
      });
    });

    it("R14: another name resolution needs its own wire; the same id shares", async () => {
      const server = await start();
      const named = (id: string): Lookup => Object.assign(((...args) => toThisMachine(...args)) as Lookup, { id });
      await threeValues(server, `dav://joe:secret@localhost:${server.port}/`, {
        same: { lookup: named("one") },
        other: { lookup: named("two") },
        none: { lookup: null },
      });
    });
  });

  describe("R12: how it is secured, and whom one trusts", () => {
    const trusting = (more: TlsOptions = {}): TransportOptions => ({ tls: { ca: identity.cert, ...more } });
    const secured = (server: WebdavServer): string => at(server).replace("dav:", "davs:");
    const options: readonly [string, () => { same: TlsOptions; other: TlsOptions; none?: TlsOptions }][] = [
      ["ca", () => ({ same: {}, other: { ca: client.cert }, none: { ca: null } })],
      [
        "servername",
        () => ({
          same: { servername: "files.example" },
          other: { servername: "host.example" },
          none: { servername: null },
        }),
      ],
      ["rejectUnauthorized", () => ({ same: { rejectUnauthorized: true }, other: { rejectUnauthorized: false } })],
      ["minVersion", () => ({ same: { minVersion: "TLSv1.3" }, other: { minVersion: "TLSv1.2" } })],
      [
        "ciphers",
        () => ({
          same: { ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" },
          other: { ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" },
          none: { ciphers: null },
        }),
      ],
      [
        "fingerprints",
        () => ({
          same: { fingerprints: fingerprintOf(identity) },
          other: { fingerprints: [fingerprintOf(client)] },
          none: { fingerprints: null },
        }),
      ],
      [
        "client certificate",
        () => ({
          same: { cert: client.cert, key: client.key },
          other: { cert: identity.cert, key: identity.key },
          none: { cert: null, key: null },
        }),
      ],
    ];
    it.each(options)(
      "another %s needs its own wire; unsaid shares; none against some needs its own",
      async (_name, values) => {
        const server = await start({ login, tls: identity });
        const { same, other, none } = values();
        await threeValues(server, secured(server), {
          same: trusting(same),
          other: trusting(other),
          none: none && trusting(none),
        });
      },
    );

    it("another HTTP version needs its own wire", async () => {
      const server = await start({ login, tls: identity, http2: true });
      const one = { ...trusting(), http: { http2: false } };
      await threeValues(server, secured(server), { same: one, other: { ...trusting(), http: { http2: true } } });
    });

    it("in the clear and secured are two, whatever is said of it", async () => {
      const clear = await start();
      const url = at(clear);
      await use(url);
      expect(list[0]?.reuseConnectionFor(url.replace("dav:", "davs:"))).toBeUndefined();
      expect(() => getTransport(url, list, { tls: "required" })).toThrow(/https|davs|secured/);
      expect(() => getTransport(url.replace("dav:", "davs:"), list, { tls: "none" })).toThrow(/dav|secured/);
    });
  });

  it("R15: what is secured for one URL is inherited by deep code that has the URL and the list only", async () => {
    const server = await start({ login, tls: identity });
    await use(`davs://joe@127.0.0.1:${server.port}/`, {
      password: "secret",
      tls: { ca: identity.cert, servername: "files.example", minVersion: "TLSv1.3" },
      http: { headers: { "X-Key": "one" } },
      localAddress: "127.0.0.1",
      family: 4,
    });
    await use(`davs://joe@127.0.0.1:${server.port}/deep/below/`);
    expect(server.accepted).toBe(1);
  });

  it("R19: a URL from remote content that names the caller's user gets nothing of the caller's", async () => {
    const server = await start();
    await use(at(server, "joe@"), { password: "secret" });
    const asked = server.requests.length;
    await attempt(`${at(server, "joe@")}from-a-page/`, { credentials: "explicit" });
    expect(server.accepted).toBe(2);
    expect(server.requests.slice(asked).filter(({ headers }) => headers["authorization"] !== undefined)).toEqual([]);
  });

  it("R20, R26: a list serves one command from end to end over one wire", async () => {
    const server = await start();
    await using scope = new TransportScope();
    const site = scope.getTransport(`${at(server)}site/`);
    await site.ensureBase();
    await site.put("page", "content");
    const below = scope.getTransport(`readonly+${at(server, "joe@")}site/`);
    expect(String(await below.getBytes("page"))).toBe("content");
    const copy = scope.getTransport(`trace+${at(server, "joe@")}copy/`);
    await copy.createPrefix();
    await site.rename("page", "../copy/page");
    expect(await copy.has("page")).toBe(true);
    expect(server.accepted).toBe(1);
  });
});

function fingerprintOf({ cert }: TlsIdentity): string {
  return new X509Certificate(cert).fingerprint256;
}
