import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { HttpOptions, TlsOptions, Transport, TransportOptions } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import type { HttpServer, TlsIdentity } from "../../src/testing.ts";
import { generateTlsIdentity, startHttpServer } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import { toThisMachine } from "./sites.ts";

const host = "server.b\u00fccher.example";
let server: HttpServer;
let identity: TlsIdentity;
let client: TlsIdentity;
let list: Transport[];

beforeAll(async () => {
  [identity, client] = await Promise.all([
    generateTlsIdentity({ names: ["server.xn--bcher-kva.example", "other.example"] }),
    generateTlsIdentity({ names: ["client"] }),
  ]);
});
beforeEach(() => void (list = []));
afterEach(async () => {
  await Promise.all(list.map((transport) => transport.disconnect()));
  await server.close();
});

async function start(secure: boolean): Promise<void> {
  server = await startHttpServer(secure ? { tls: identity } : {});
  seedTree(server.tree, "/a/file");
}

/** Uses a URL with options, and answers with how many connections the server has seen by then. */
async function connectionsAfter(url: string, options: TransportOptions = {}): Promise<number> {
  await getTransport(url, list, { lookup: toThisMachine, ...options }).has("file");
  return server.accepted;
}

const url = (parts: { user?: string; name?: string; path?: string; scheme?: string } = {}): string => {
  const { user, name = host, path = "/a/", scheme = "http" } = parts;
  return `${scheme}://${user === undefined ? "" : `${user}@`}${name}:${server.port}${path}`;
};

/** Three uses: with an option, without it, and with another value or explicitly none. */
async function expectOneThenTwo(
  given: TransportOptions,
  other: TransportOptions,
  unsaid: TransportOptions = {},
  scheme = "http",
): Promise<void> {
  expect(await connectionsAfter(url({ scheme }), given)).toBe(1);
  expect(await connectionsAfter(url({ scheme, path: "/b/" }), given)).toBe(1);
  expect(await connectionsAfter(url({ scheme, path: "/c/" }), unsaid)).toBe(1);
  await connectionsAfter(url({ scheme }), other).catch(() => undefined);
  expect(server.accepted).toBe(2);
}

describe("one connection to an HTTP server serves", () => {
  it("R5, R7: every way to write its host", async () => {
    await start(false);
    for (const name of [host, host.toUpperCase(), "server.xn--bcher-kva.example"])
      expect(await connectionsAfter(url({ name }))).toBe(1);
  });

  it("R3, R19: one user: another one, or nobody in particular, is somebody else", async () => {
    await start(false);
    expect(await connectionsAfter(url({ user: "joe" }))).toBe(1);
    expect(await connectionsAfter(url({ user: "jo%65", path: "/b/" }))).toBe(1);
    expect(await connectionsAfter(url({ user: "Joe" }))).toBe(2);
    expect(await connectionsAfter(url())).toBe(3);
  });

  it("R19: nobody who was read from elsewhere, where it was opened for somebody", async () => {
    await start(false);
    const tokens: TransportOptions = { http: { askBearerToken: () => "token" } };
    expect(await connectionsAfter(url(), tokens)).toBe(1);
    expect(await connectionsAfter(url(), { credentials: "explicit" })).toBe(2);
    expect(server.requests.map(({ headers }) => headers["authorization"])).toEqual(["Bearer token", undefined]);
  });

  const identities: Record<string, [given: HttpOptions, other: HttpOptions]> = {
    "a token": [{ bearerToken: "one" }, { bearerToken: "other" }],
    "a token, or explicitly none": [{ bearerToken: "one" }, { bearerToken: null }],
    "an authorization (R16)": [{ authorization: "Custom one" }, { authorization: "Custom other" }],
    "an authorization, or explicitly none (R16)": [{ authorization: "Custom one" }, { authorization: null }],
    "headers (R16)": [{ headers: { "X-Api-Key": "one" } }, { headers: { "X-Api-Key": "other" } }],
    "headers, or explicitly none (R16)": [{ headers: { "X-Api-Key": "one" } }, { headers: null }],
    "somebody who is asked for tokens, or explicitly nobody": [
      { askBearerToken: () => "one" },
      { askBearerToken: null },
    ],
  };
  it.each(Object.entries(identities))("those with the same of it: %s", async (_what, [given, other]) => {
    await start(false);
    await expectOneThenTwo({ http: given }, { http: other });
  });

  it("whoever is asked for tokens: that is a policy", async () => {
    await start(false);
    expect(await connectionsAfter(url(), { http: { askBearerToken: () => "one" } })).toBe(1);
    expect(await connectionsAfter(url(), { http: { askBearerToken: () => "other" } })).toBe(1);
  });

  it("R20: what is decorated, and what is not", async () => {
    await start(false);
    expect(await connectionsAfter(`trace+${url()}`)).toBe(1);
    expect(await connectionsAfter(`readonly+noop+${url({ path: "/b/" })}`)).toBe(1);
    expect(await connectionsAfter(url())).toBe(1);
  });
});

describe("one connection to an HTTPS server serves those with the same", () => {
  const trusting = (more: TlsOptions = {}): TransportOptions => ({ tls: { ca: identity.cert, ...more } });
  const identities: Record<string, () => [given: TransportOptions, other: TransportOptions]> = {
    "authorities (R12)": () => [trusting(), { tls: { ca: [identity.cert, client.cert] } }],
    "authorities, or explicitly Node's own (R12)": () => [trusting(), { tls: { ca: null } }],
    "server name (R12)": () => [trusting({ servername: "other.example" }), trusting({ servername: "else.example" })],
    "carelessness (R12)": () => [{ tls: { rejectUnauthorized: false } }, { tls: { rejectUnauthorized: true } }],
    "lowest version (R12)": () => [trusting({ minVersion: "TLSv1.3" }), trusting({ minVersion: "TLSv1.2" })],
    "ciphers (R12)": () => [
      trusting({ ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256" }),
      trusting({ ciphers: null }),
    ],
    "client certificate (R11)": () => [
      trusting({ cert: client.cert, key: client.key }),
      trusting({ cert: null, key: null }),
    ],
    "HTTP version": () => [
      { ...trusting(), http: { http2: false } },
      { ...trusting(), http: { http2: true } },
    ],
  };
  it.each(Object.entries(identities))("%s", async (_what, options) => {
    await start(true);
    const [given, other] = options();
    await expectOneThenTwo(given, other, {}, "https");
  });
});
