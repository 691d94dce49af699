import { X509Certificate } from "node:crypto";

import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Lookup, TlsOptions, Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope, getTransport } from "../../src/index.ts";
import type { FtpServer, FtpServerOptions, TlsIdentity } from "../../src/testing.ts";
import { generateTlsIdentity, startFtpServer } from "../../src/testing.ts";
import { toThisMachine } from "./sites.ts";

let identity: TlsIdentity;
let clients: TlsIdentity;
beforeAll(async () => {
  identity = await generateTlsIdentity({ names: ["localhost", "127.0.0.1", "::1", "host.example", "files.example"] });
  clients = await generateTlsIdentity({ names: ["client.example"] });
});

describe("reuse over FTP, counted by an in-process server", () => {
  let list: Transport[];
  const used: Transport[] = [];
  const servers: FtpServer[] = [];

  beforeEach(() => {
    list = [];
  });
  afterEach(async () => {
    await Promise.all(used.splice(0).map((transport) => transport.disconnect()));
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function start(options: FtpServerOptions = {}): Promise<FtpServer> {
    const server = await startFtpServer({ users: { joe: "secret", ann: "secret" }, ...options });
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
    server: FtpServer,
    url: string,
    base: TransportOptions,
    values: {
      readonly same: TransportOptions;
      readonly other: TransportOptions;
      readonly none: TransportOptions | undefined;
    },
  ): Promise<void> {
    await use(url, merged(base, values.same));
    await use(`${url}unsaid/`);
    await use(`${url}unsaid/too/`, base);
    await use(`${url}same/`, merged(base, values.same));
    expect(server.accepted, "unsaid, and the same").toBe(1);
    await attempt(`${url}other/`, merged(base, values.other));
    expect(server.accepted, "another one").toBe(2);
    if (values.none === undefined) return;
    await attempt(`${url}none/`, merged(base, values.none));
    expect(server.accepted, "explicitly none").toBe(3);
  }

  describe("who one is", () => {
    it("R1: another password, or explicitly none, needs its own wire; unsaid shares", async () => {
      const server = await start();
      const url = `ftp://joe@127.0.0.1:${server.port}/`;
      const other = { password: "other" };
      await threeValues(server, url, {}, { same: { password: "secret" }, other, none: { password: null } });
      expect(server.counts.logins).toBe(1);
    });

    it("R2: a URL without a user is anonymous, not whoever is in the list", async () => {
      const server = await start({ anonymous: true });
      await use(`ftp://joe:secret@127.0.0.1:${server.port}/a/`);
      await use(`ftp://127.0.0.1:${server.port}/b/`);
      expect(server.accepted).toBe(2);
      await use(`ftp://anonymous@127.0.0.1:${server.port}/c/`);
      await use(`ftp://127.0.0.1:${server.port}/d/`, { user: "anonymous" });
      await use(`ftp://127.0.0.1:${server.port}/e/`, { user: "joe" });
      expect(server.accepted).toBe(2);
    });

    it("R3: another user needs its own wire, wherever it is said", async () => {
      const server = await start();
      const at = `127.0.0.1:${server.port}`;
      await use(`ftp://joe:secret@${at}/`);
      await use(`ftp://${at}/`, { user: "joe" });
      await use(`ftp://joe@${at}/b/`, { user: "ann" }); // The URL's own user wins.
      expect(server.accepted).toBe(1);
      await use(`ftp://${at}/`, { user: "ann", password: "secret" });
      await use(`ftp://ann:secret@${at}/b/`);
      expect(server.accepted).toBe(2);
    });

    it("R9: percent-encoding makes no difference", async () => {
      const server = await start({ users: { "joe/of@house": "p#ss: word" } });
      const at = `127.0.0.1:${server.port}`;
      await use(`ftp://joe%2fof%40house:p%23ss%3A%20word@${at}/`);
      await use(`ftp://%6aoe%2Fof%40hous%65:%70%23ss%3a%20word@${at}/b/`);
      await use(`ftp://${at}/`, { user: "joe/of@house", password: "p#ss: word" });
      expect(server.accepted).toBe(1);
    });

    it("R10: another account, or explicitly none, needs its own wire; unsaid shares", async () => {
      const server = await start({ account: "the account" });
      const url = `ftp://joe:secret@127.0.0.1:${server.port}/`;
      await threeValues(
        server,
        url,
        {},
        {
          same: { ftp: { account: "the account" } },
          other: { ftp: { account: "another one" } },
          none: { ftp: { account: null } },
        },
      );
    });

    it("R10: an account that comes late is taken up by a candidate that has never connected", async () => {
      const server = await start({ account: "the account" });
      const url = `ftp://joe:secret@127.0.0.1:${server.port}/`;
      const early = getTransport(url, list);
      used.push(early);
      await use(`${url}b/`, { ftp: { account: "the account" } });
      expect(await early.has("x")).toBe(false);
      expect([server.accepted, list.length]).toEqual([1, 1]);
    });

    it("R11: another callback for credentials needs its own wire, unless it has the same id", async () => {
      const server = await start();
      const url = `ftp://joe@127.0.0.1:${server.port}/`;
      const asking = (id: string) => Object.assign(() => "secret", { id });
      await use(url, { credentials: asking("one") });
      await use(`${url}b/`, { credentials: asking("one") });
      await use(`${url}c/`);
      expect(server.accepted).toBe(1);
      await use(`${url}d/`, { credentials: asking("two") });
      expect(server.accepted).toBe(2);
    });
  });

  describe("where one goes", () => {
    it("R5, R6: the host's case and the default port make no difference", () => {
      const first = getTransport("ftp://joe@Host.Example/", list);
      for (const url of ["ftp://joe@host.example:21/b/", "FTP://joe@HOST.EXAMPLE/c/", "ftp://joe@host.example:021/d/"])
        expect(first.reuseConnectionFor(url), url).toBeDefined();
      expect(first.reuseConnectionFor("ftp://joe@host.example:990/")).toBeUndefined();
      expect(first.reuseConnectionFor("ftp://joe@host.example./")).toBeUndefined();
      const implicit = getTransport("ftps://joe@host.example/", list);
      expect(implicit.reuseConnectionFor("ftps://joe@host.example:990/b/")).toBeDefined();
      expect(implicit.reuseConnectionFor("ftps://joe@host.example:21/b/")).toBeUndefined();
      const explicit = getTransport("ftpes://joe@host.example/", list);
      expect(explicit.reuseConnectionFor("ftpes://joe@host.example:21/b/")).toBeDefined();
      expect(list).toHaveLength(3);
    });

    it("R7: an international name and its ASCII form are one", async () => {
      const server = await start();
      await use(`ftp://joe:secret@bücher.example:${server.port}/`, { lookup: toThisMachine });
      await use(`ftp://joe@xn--bcher-kva.example:${server.port}/b/`);
      await use(`ftp://joe@BÜCHER.example:${server.port}/c/`);
      expect(server.accepted).toBe(1);
    });

    it("R8: an IPv6 address is one however it is written", async () => {
      const server = await start({ host: "::1" });
      await use(`ftp://joe:secret@[::1]:${server.port}/`);
      for (const host of ["[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::0.0.0.1]"])
        await use(`ftp://joe@${host}:${server.port}/b/`);
      expect(server.accepted).toBe(1);
    });

    it("R13: another local address, or explicitly none, needs its own wire; unsaid shares", async () => {
      const server = await start();
      await threeValues(
        server,
        `ftp://joe:secret@127.0.0.1:${server.port}/`,
        {},
        {
          same: { localAddress: "127.0.0.1" },
          other: { localAddress: "127.0.0.2" },
          none: { localAddress: null },
        },
      );
    });

    it("R13: another IP family needs its own wire; unsaid shares", async () => {
      const server = await start();
      await threeValues(
        server,
        `ftp://joe:secret@127.0.0.1:${server.port}/`,
        {},
        {
          same: { family: 4 },
          other: { family: 6 },
          none: { family: null },
        },
      );
    });

    it("R14: another name resolution needs its own wire; the same id shares", async () => {
      const server = await start();
      const named = (id: string): Lookup => Object.assign(((...args) => toThisMachine(...args)) as Lookup, { id });
      await threeValues(
        server,
        `ftp://joe:secret@localhost:${server.port}/`,
        {},
        {
          same: { lookup: named("one") },
          other: { lookup: named("two") },
          none: { lookup: null },
        },
      );
    });

    it("R16: another encoding of names needs its own wire; unsaid shares", async () => {
      const server = await start({ encoding: "latin1" });
      await threeValues(
        server,
        `ftp://joe:secret@127.0.0.1:${server.port}/`,
        {},
        {
          same: { ftp: { encoding: "latin1" } },
          other: { ftp: { encoding: "utf8" } },
          none: undefined,
        },
      );
    });

    it("the current directory, the offset and the way to ask for a port belong to no transport", async () => {
      const server = await start();
      await using scope = new TransportScope();
      const one = scope.getTransport(`ftp://joe:secret@127.0.0.1:${server.port}/~/one/`);
      await one.createPrefix();
      await one.put("file", "0123456789");
      const two = scope.getTransport(`ftp://joe@127.0.0.1:${server.port}/~/two/`);
      await two.createPrefix();
      await two.put("file", "abcdefghij");
      const three = scope.getTransport(`ftp://joe@127.0.0.1:${server.port}/home/joe/one/`);
      expect(String(await one.getBytes("file", { offset: 5 }))).toBe("56789");
      expect(String(await two.getBytes("file"))).toBe("abcdefghij");
      expect(String(await three.getBytes("file", { offset: 9 }))).toBe("9");
      await one.list("")[Symbol.asyncIterator]().next();
      expect(String(await two.getBytes("file", { offset: 1, length: 2 }))).toBe("bc");
      expect(server.accepted).toBe(1);
    });
  });

  describe("R12: how it is secured, and whom one trusts", () => {
    const trusting = (): TlsOptions => ({ ca: identity.cert });
    const secured = (tls: TlsOptions | "required" | "none" = {}): TransportOptions => ({
      tls: typeof tls === "string" ? tls : { ...trusting(), ...tls },
    });
    const startSecured = (options: FtpServerOptions = {}): Promise<FtpServer> =>
      start({ tls: "explicit", identity, ...options });
    const urlOf = (server: FtpServer, scheme = "ftp"): string => `${scheme}://joe:secret@127.0.0.1:${server.port}/`;

    it("TLS required, explicitly none and unsaid are three", async () => {
      const server = await startSecured({ allowPlain: true });
      const url = urlOf(server);
      await use(url, secured());
      await use(`${url}unsaid/`);
      await use(`${url}required/`, { tls: "required" });
      await use(`${url}required/too/`, { tls: { required: true } });
      await use(url.replace("ftp:", "ftpes:"));
      expect(server.accepted).toBe(1);
      await use(`${url}none/`, { tls: "none" });
      expect(server.accepted).toBe(2);
      await use(`${url}none/again/`, { tls: "none" });
      expect(server.accepted).toBe(2);
    });

    it("a wire in the clear never serves who requires TLS", async () => {
      const server = await startSecured({ allowPlain: true });
      await use(urlOf(server));
      await attempt(urlOf(server, "ftpes"), { tls: trusting() });
      await attempt(`${urlOf(server)}b/`, { tls: trusting() });
      expect(server.accepted).toBe(2);
    });

    it("implicit and explicit TLS are two", () => {
      const first = getTransport("ftps://joe@host.example:2121/", list);
      expect(first.reuseConnectionFor("ftpes://joe@host.example:2121/")).toBeUndefined();
      expect(first.reuseConnectionFor("ftp://joe@host.example:2121/", { tls: "required" })).toBeUndefined();
    });

    const options: readonly [string, () => { same: TlsOptions; other: TlsOptions; none: TlsOptions | undefined }][] = [
      ["ca", () => ({ same: {}, other: { ca: clients.cert }, none: { ca: null } })],
      [
        "servername",
        () => ({
          same: { servername: "files.example" },
          other: { servername: "host.example" },
          none: { servername: null },
        }),
      ],
      [
        "rejectUnauthorized",
        () => ({ same: { rejectUnauthorized: true }, other: { rejectUnauthorized: false }, none: undefined }),
      ],
      ["minVersion", () => ({ same: { minVersion: "TLSv1.3" }, other: { minVersion: "TLSv1.2" }, none: undefined })],
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
          other: { fingerprints: [fingerprintOf(clients)] },
          none: { fingerprints: null },
        }),
      ],
    ];
    it.each(options)(
      "another %s needs its own wire; unsaid shares; none against some needs its own",
      async (_name, values) => {
        const server = await startSecured();
        const { same, other, none } = values();
        await threeValues(server, urlOf(server), same.ca === undefined ? secured() : {}, {
          same: secured(same),
          other: secured(other),
          none: none && secured(none),
        });
      },
    );

    it("another client certificate, or none, needs its own wire; unsaid shares", async () => {
      const server = await startSecured({ clientCa: clients.cert });
      let served = 0;
      const url = urlOf(server);
      const own = { cert: clients.cert, key: clients.key };
      await use(url, secured(own));
      await use(`${url}unsaid/`);
      await use(`${url}unsaid/too/`, secured());
      await use(`${url}same/`, secured(own));
      expect(server.accepted - served).toBe(1);
      served = server.accepted;
      await attempt(`${url}other/`, secured({ cert: identity.cert, key: identity.key }));
      expect(server.accepted - served).toBe(1);
      served = server.accepted;
      await attempt(`${url}none/`, secured({ cert: null, key: null }));
      expect(server.accepted - served).toBe(1);
      const candidate = list[0] as Transport;
      expect(candidate.explainReuse(url, secured({ passphrase: "x" }))).toMatchObject({ reuse: false });
      expect(JSON.stringify(candidate.explainReuse(url, secured({ ...own, key: identity.key })))).not.toContain(
        "PRIVATE",
      );
    });
  });

  it("R15: what is secured for one URL is inherited by deep code that has the URL and the list only", async () => {
    const server = await start({ tls: "explicit", identity, account: "the account", encoding: "utf8" });
    await use(`ftp://joe@127.0.0.1:${server.port}/`, {
      password: "secret",
      tls: { ca: identity.cert, servername: "files.example", minVersion: "TLSv1.3" },
      ftp: { account: "the account", encoding: "utf8" },
      localAddress: "127.0.0.1",
      family: 4,
    });
    await use(`ftp://joe@127.0.0.1:${server.port}/deep/below/`);
    await use(`ftpes://joe@127.0.0.1:${server.port}/deep/below/`);
    expect(server.accepted).toBe(1);
  });

  it("R19: a URL from remote content that names the caller's user gets nothing of the caller's", async () => {
    const server = await start({ tls: "explicit", identity });
    const url = `ftp://joe@127.0.0.1:${server.port}/`;
    await use(url, { password: "secret", tls: { ca: identity.cert } });
    await attempt(`${url}from-a-page/`, { credentials: "explicit" });
    expect(server.accepted).toBe(2);
    expect(server.counts.logins).toBe(1);
  });
});

function fingerprintOf({ cert }: TlsIdentity): string {
  return new X509Certificate(cert).fingerprint256;
}

/** Options with more options laid over them. */
function merged(base: TransportOptions, more: TransportOptions): TransportOptions {
  return { ...base, ...more };
}
