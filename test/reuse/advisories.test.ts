import { once } from "node:events";
import { createServer } from "node:tls";
import type { AddressInfo } from "node:net";

import { afterEach, describe, expect, it } from "vitest";

import type { HttpServerRequest } from "../../src/testing.ts";
import { generateTlsIdentity, startFtpServer, startHttpServer } from "../../src/testing.ts";
import type { HttpOptions, SshOptions, Transport, TransportOptions } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import type { WiredSchemeName } from "../../src/transport/option-declarations.ts";
import { schemeDeclarations } from "../../src/transport/option-declarations.ts";
import { toThisMachine } from "./sites.ts";

/** What runs at the end of a test, the latest first. */
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

function listOfTest(): Transport[] {
  const list: Transport[] = [];
  endings.push(() => Promise.all(list.map((transport) => transport.disconnect())));
  return list;
}

const schemes = (Object.keys(schemeDeclarations) as WiredSchemeName[]).map((scheme) => [scheme] as const);
const serves = (url: string, held: TransportOptions, asked: TransportOptions): boolean =>
  getTransport(url, [], held).reuseConnectionFor(url, asked) !== undefined;

describe("what other libraries shared that they should not have:", () => {
  it.each(schemes)(
    "a proxy's connection for another login at the proxy (CVE-2016-0755, CVE-2026-3784), on %s:",
    (scheme) => {
      const through = (login: string): TransportOptions => ({ proxy: `http://${login}proxy.example:3128` });
      const url = `${scheme}://joe@host.example/`;
      for (const [one, other] of [
        ["joe:one@", "joe:other@"],
        ["joe:one@", "joe:One@"],
        ["joe:one@", "Joe:one@"],
        ["joe:one@", ""],
        ["", "joe:one@"],
      ] as const)
        expect(serves(url, through(one), through(other)), `${one} ${other}`).toBe(false);
      expect(serves(url, through("joe:one@"), through("j%6fe:%6fne@"))).toBe(true);
    },
  );

  it("a session to the proxy for one to the server, or through another kind of proxy (CVE-2021-22890)", () => {
    const url = "https://host.example:3128/";
    const proxies = [
      "http://host.example:3128",
      "https://host.example:3128",
      "socks5://host.example:3128",
      "socks5h://host.example:3128",
      null,
    ];
    for (const held of proxies)
      for (const asked of proxies)
        expect(serves(url, { proxy: held }, { proxy: asked }), `${held} ${asked}`).toBe(held === asked);
  });

  it("files whose names differ in case (CVE-2021-22924)", () => {
    const options: [SshOptions, SshOptions][] = [
      [{ knownHosts: "/a/known" }, { knownHosts: "/a/Known" }],
      [{ identityFile: "/a/key" }, { identityFile: "/A/key" }],
      [{ agent: "/a/agent" }, { agent: "/a/Agent" }],
    ];
    for (const [held, asked] of options)
      expect(
        serves("sftp://joe@host.example/", { ssh: { config: null, ...held } }, { ssh: { config: null, ...asked } }),
      ).toBe(false);
  });

  it("a wire on which somebody was let in, for somebody else on servers that ask once for each connection (CVE-2014-0015, CVE-2015-3148, CVE-2026-1965, CVE-2026-5545)", async () => {
    const insiders = new Set<number>();
    const door = ({ connection, headers }: HttpServerRequest) => {
      if (headers["authorization"] === `Basic ${Buffer.from("joe:secret").toString("base64")}`)
        insiders.add(connection);
      return insiders.has(connection)
        ? ("answer" as const)
        : { status: 401, headers: { "www-authenticate": 'Basic realm="once"' } };
    };
    const server = await startHttpServer({ onRequest: door });
    endings.push(() => server.close());
    const list = listOfTest();
    const at = (user: string): string => `http://${user}127.0.0.1:${server.port}/`;
    expect(await getTransport(at("joe:secret@"), list).has("x")).toBe(false);
    expect(await getTransport(at("joe@"), list).has("y")).toBe(false);
    expect(insiders).toEqual(new Set([1]));
    const others: [string, TransportOptions][] = [
      [at(""), {}],
      [at("ann:secret@"), {}],
      [at("joe:Secret@"), {}],
      [at("joe@"), { password: null }],
      [at("joe@"), { credentials: "explicit" }],
      [at("joe@"), { http: { bearerToken: "t" } }],
      [at("joe@"), { http: { authorization: "Negotiate t" } }],
    ];
    for (const [url, options] of others) {
      const outcome = getTransport(url, list, options).has("x");
      await expect(outcome, url).rejects.toMatchObject({ code: "authentication-failed" });
    }
    expect(server.accepted).toBe(1 + others.length);
    expect(insiders).toEqual(new Set([1]));
  });

  it("the state of a Digest login at one origin, shown to another (CVE-2026-11856)", async () => {
    const login = { scheme: "digest", users: { joe: "secret" } } as const;
    const list = listOfTest();
    for (let turn = 0; turn < 2; turn++) {
      const server = await startHttpServer({ login });
      endings.push(() => server.close());
      const transport = getTransport(`http://joe:secret@127.0.0.1:${server.port}/`, list);
      expect(await transport.has("x")).toBe(false);
      expect(server.requests[0]?.headers["authorization"]).toBeUndefined();
      expect(await transport.has("y")).toBe(false);
    }
    expect(list).toHaveLength(2);
  });

  it("a TLS session, resumed by somebody with another certificate (CVE-2016-5419, CVE-2017-7468, CVE-2026-8932)", async () => {
    const [identity, client, other] = await Promise.all([
      generateTlsIdentity({ names: ["host.example"] }),
      generateTlsIdentity({ names: ["client"] }),
      generateTlsIdentity({ names: ["other"] }),
    ]);
    const shown: (string | undefined)[] = [];
    let resumed = 0;
    // What a session was made with is what a resumed one has: so whoever resumes somebody's session is taken for them.
    const server = createServer({
      ...identity,
      ca: [client.cert, other.cert],
      requestCert: true,
      rejectUnauthorized: false,
    });
    server.on("secureConnection", (socket) => {
      if (socket.isSessionReused()) resumed++;
      const { subject } = socket.getPeerCertificate() as { subject?: { CN?: string } };
      shown.push(subject?.CN);
      socket.on("error", () => socket.destroy());
      socket.once("data", () => socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    endings.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const list = listOfTest();
    for (const tls of [client, other, { cert: null, key: null }, client]) {
      const options = { lookup: toThisMachine, http: { http2: false }, tls: { ca: identity.cert, ...tls } };
      expect(await getTransport(`https://host.example:${port}/`, list, options).has("x")).toBe(false);
    }
    expect(shown).toEqual(["client", "other", undefined, "client"]);
    expect(resumed).toBe(0);
    expect(list).toHaveLength(3);
  });

  it("a connection in the clear for whoever wants TLS, or TLS as another one trusts (CVE-2023-27535, CVE-2026-4873, CVE-2026-8286)", async () => {
    const identity = await generateTlsIdentity({ names: ["host.example"] });
    const server = await startFtpServer({ users: { joe: "secret" }, tls: "explicit", allowPlain: true, identity });
    endings.push(() => server.close());
    const list = listOfTest();
    const url = `ftp://joe:secret@host.example:${server.port}/`;
    const lookup = toThisMachine;
    expect(await getTransport(url, list, { lookup }).has("x")).toBe(false);
    const wanting: TransportOptions[] = [
      { lookup, tls: { required: true, ca: identity.cert } },
      { lookup, tls: { ca: [identity.cert] } },
      { lookup, tls: { required: true, rejectUnauthorized: false } },
    ];
    for (const [n, options] of wanting.entries()) {
      expect(await getTransport(url, list, options).has("x")).toBe(false);
      expect(server.accepted).toBe(n + 2);
    }
    await expect(
      getTransport(url, list, { lookup, tls: { required: true, rejectUnauthorized: true } }).has("x"),
    ).rejects.toMatchObject({ code: "tls-failed" });
  });

  it.each<[held: string, HttpOptions, late: string, HttpOptions]>([
    ["a token", { bearerToken: "joe" }, "an authorization", { authorization: "Bearer ann" }],
    ["an authorization", { authorization: "Bearer joe" }, "a token", { bearerToken: "ann" }],
    ["somebody who is asked", { askBearerToken: () => "joe" }, "a token", { bearerToken: "ann" }],
  ])("a connection that is still to be opened with %s, for somebody with %s", async (_held, held, _late, late) => {
    const server = await startHttpServer();
    endings.push(() => server.close());
    const list = listOfTest();
    const url = `http://127.0.0.1:${server.port}/`;
    const mine = getTransport(url, list, { http: held });
    const theirs = getTransport(url, list, { http: late });
    await theirs.has("x");
    await mine.has("x");
    expect(server.requests.map(({ headers }) => headers["authorization"])).toEqual(["Bearer ann", "Bearer joe"]);
    expect([server.accepted, list.length]).toEqual([2, 2]);
  });

  it("a connection that is still to be opened with a password, for somebody of the same name with a token", async () => {
    const login = { scheme: "basic", users: { joe: "secret" } } as const;
    const server = await startHttpServer({ login });
    endings.push(() => server.close());
    const list = listOfTest();
    const url = `http://joe@127.0.0.1:${server.port}/`;
    const mine = getTransport(url, list, { password: "secret" });
    await getTransport(url, list, { http: { bearerToken: "ann" } })
      .has("x")
      .catch(() => undefined);
    expect(await mine.has("x")).toBe(false);
    expect(server.accepted).toBe(2);
  });

  it("somebody's tokens, for somebody else who is asked for their own (CVE-2022-22576)", async () => {
    const server = await startHttpServer();
    endings.push(() => server.close());
    const list = listOfTest();
    const url = `http://127.0.0.1:${server.port}/`;
    const asking = (id: string): TransportOptions => ({
      http: { askBearerToken: Object.assign(() => `of ${id}`, { id }) },
    });
    for (const id of ["joe", "ann", "joe"]) await getTransport(url, list, asking(id)).has("x");
    await getTransport(url, list, { http: { bearerToken: "of nobody" } }).has("x");
    expect(server.requests.map(({ headers }) => headers["authorization"])).toEqual([
      "Bearer of joe",
      "Bearer of ann",
      "Bearer of joe",
      "Bearer of nobody",
    ]);
    expect(server.accepted).toBe(3);
  });
});
