import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../../src/index.ts";
import type { TlsIdentity } from "../../../src/testing.ts";
import { generateTlsIdentity } from "../../../src/testing.ts";
import { collect } from "../../../src/testing/conformance/content.ts";
import { toThisMachine } from "../../reuse/sites.ts";
import { failureOf, open } from "./http-site.ts";
import type { Answer, OriginServer, Told } from "./origin-server.ts";
import { startOriginServer } from "./origin-server.ts";

const user = "joe-of-the-first";
const secret = "s3cret-of-the-first";
const home = "first.example";

let identity: TlsIdentity;
let client: TlsIdentity;
beforeAll(async () => {
  [identity, client] = await Promise.all([
    generateTlsIdentity({ names: [home, "second.example"] }),
    generateTlsIdentity({ names: ["client"] }),
  ]);
});

interface Proof {
  readonly options: (identity: TlsIdentity) => TransportOptions;
  /** With what the first origin asks for it, if it does. */
  readonly challenge?: string;
  /** Whether there is such a thing over TLS alone. */
  readonly secure?: true;
}

/** How a caller proves who they are to the first origin. */
const proofs: Readonly<Record<string, Proof>> = {
  Basic: { options: () => ({ user, password: secret }), challenge: 'Basic realm="first"' },
  Digest: { options: () => ({ user, password: secret }), challenge: 'Digest realm="first", nonce="n", qop="auth"' },
  "a callback": { options: () => ({ credentials: () => [user, secret] }), challenge: 'Basic realm="first"' },
  "a token": { options: () => ({ http: { bearerToken: secret } }) },
  "tokens from a callback": { options: () => ({ http: { askBearerToken: () => secret } }) },
  "an authorization": { options: () => ({ http: { authorization: `Custom ${secret}` } }) },
  "a cookie": { options: () => ({ http: { headers: { Cookie: `session=${secret}` } } }) },
  "headers of its own": { options: () => ({ http: { headers: { "X-Api-Key": secret, "User-Agent": user } } }) },
  "a client's certificate": { options: ({ cert, key }) => ({ tls: { cert, key } }), secure: true },
};

/** All that is said to an origin that nobody is known to. */
const harmless = new Set([
  ":authority",
  ":method",
  ":path",
  ":scheme",
  "accept-encoding",
  "connection",
  "host",
  "range",
  "user-agent",
]);

/** What is in what an origin was told that only the first one may know. */
function leaksIn(told: readonly Told[]): string[] {
  const text = JSON.stringify(told);
  const forms = [user, secret, Buffer.from(`${user}:${secret}`).toString("base64"), encodeURIComponent(secret)];
  return [
    ...forms.filter((form) => text.includes(form)),
    ...told.flatMap(({ headers }) => Object.keys(headers).filter((name) => !harmless.has(name))),
    ...(told.some(({ certified }) => certified) ? ["the certificate"] : []),
  ];
}

interface Place {
  readonly from: "http" | "https";
  readonly to: "http" | "https";
  readonly host: string;
  readonly port: "same" | "other";
}

/** Scheme, host and port of the target, each as before or another. One port speaks one scheme. */
const places: readonly Place[] = (["http", "https"] as const).flatMap((from) =>
  (["http", "https"] as const).flatMap((to) =>
    [home, "second.example"].flatMap((host) =>
      (["same", "other"] as const)
        .filter((port) => port === "other" || from === to)
        .map((port) => ({ from, to, host, port })),
    ),
  ),
);

let servers: OriginServer[];
beforeEach(() => void (servers = []));
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

async function start(scheme: "http" | "https"): Promise<OriginServer> {
  const server = await startOriginServer(scheme === "https" ? identity : undefined);
  servers.push(server);
  return server;
}

/** Reads one file with each verb. */
async function readAll(transport: Transport, path: string): Promise<void> {
  expect(String(await transport.getBytes(path))).toBe("content");
  expect(await transport.stat(path)).toMatchObject({ type: "file", sizeBytes: 7 });
  expect((await collect(transport.readv(path, [{ offset: 1, length: 2 }]))).map(String)).toEqual(["on"]);
}

describe.each(Object.entries(proofs))("a reader known by %s, who is sent", (_proof, { options, challenge, secure }) => {
  const possible = places.filter(({ from }) => from === "https" || secure !== true);

  it.each(possible)("from $from://first.example to $to://$host on the $port port", async ({ from, to, host, port }) => {
    const first = await start(from);
    const target = port === "same" ? first : await start(to);
    const [start_, end] = [first.url(home), target.url(host, "/there?sig=aB%2Fc")];
    const isHome = new URL(start_).origin === new URL(end).origin;
    const respond = ({ origin, target: asked, headers }: Told): Answer => {
      const atHome = origin === new URL(start_).origin;
      if (atHome && challenge !== undefined && headers["authorization"] === undefined)
        return { status: 401, headers: { "www-authenticate": challenge } };
      if (atHome && asked === "/moved") return { status: 302, headers: { location: end } };
      return { status: 200, body: "content" };
    };
    for (const server of servers) server.answers(respond);
    const list: Transport[] = [];
    const { tls = {}, ...others } = options(client);
    const trusted = { ca: identity.cert, ...(tls as object) };
    const transport = open(start_, { lookup: toThisMachine, tls: trusted, ...others }, list);

    const foreign = (): Told[] =>
      servers.flatMap(({ told }) => told).filter(({ origin }) => origin !== new URL(start_).origin);
    if (from === "https" && to === "http") {
      expect(await failureOf(transport.getBytes("moved"))).toMatchObject({ code: "unsupported", path: "moved" });
      expect(foreign()).toEqual([]);
      return;
    }
    await readAll(transport, "moved");
    expect(list).toEqual([transport]);
    const atHome = servers.flatMap(({ told }) => told).filter(({ origin }) => origin === new URL(start_).origin);
    // The test would find a leak if there was one: the first origin was told.
    expect(leaksIn(atHome)).not.toEqual([]);
    expect(leaksIn(foreign())).toEqual([]);
    expect(foreign().map((told) => told.target)).toEqual(
      isHome ? [] : Array.from({ length: 3 }, () => "/there?sig=aB%2Fc"),
    );
    // Nothing is shared but what belongs to one origin.
    const connections = new Set(atHome.map(({ connection }) => connection));
    if (port === "same" && !isHome)
      for (const { connection } of foreign()) expect(connections).not.toContain(connection);
  });
});

describe("a chain of redirects", () => {
  const trusting = (): TransportOptions => ({ lookup: toThisMachine, tls: { ca: identity.cert } });

  it("through another origin and back is nobody's at its end", async () => {
    const server = await start("https");
    server.answers(({ origin, target, headers }) => {
      if (target === "/moved") return { status: 302, headers: { location: server.url("second.example", "/on") } };
      if (target === "/on") return { status: 307, headers: { location: server.url(home, "/back") } };
      return { status: headers["authorization"] === undefined ? 200 : 500, body: `content of ${origin}` };
    });
    const transport = open(server.url(home), { ...trusting(), http: { bearerToken: secret } });
    expect(String(await transport.getBytes("moved"))).toBe(`content of https://${home}:${server.port}`);
    expect(leaksIn(server.told.slice(1))).toEqual([]);
    // What is asked for next is the caller's again.
    expect(await failureOf(transport.getBytes("mine"))).toMatchObject({ code: "unexpected" });
  });

  it("from http to https and back to http ends at https", async () => {
    const [plain, secure] = [await start("http"), await start("https")];
    plain.answers(() => ({ status: 301, headers: { location: secure.url(home, "/up") } }));
    secure.answers(() => ({ status: 301, headers: { location: plain.url(home, "/down") } }));
    const transport = open(plain.url(home), trusting());
    expect(await failureOf(transport.getBytes("moved"))).toMatchObject({ code: "unsupported" });
    expect(plain.told.map(({ target }) => target)).toEqual(["/moved"]);
  });

  it("between two origins without end is too long, and opens one connection to each", async () => {
    const server = await start("http");
    server.answers(({ origin }) => {
      const next = origin.includes(home) ? "second.example" : home;
      return { status: 302, headers: { location: server.url(next, "/loop") } };
    });
    const transport = open(server.url(home), trusting());
    expect(await failureOf(transport.stat("loop"))).toMatchObject({ code: "too-many-redirects", path: "loop" });
    expect(server.told).toHaveLength(9);
    // The caller's own serves its origin: nobody in particular asks on it.
    expect(server.accepted).toBe(2);
  });

  it("over nine hosts holds no more connections than it needs, and leaves none", async () => {
    const server = await start("http");
    server.answers(({ origin }) => {
      const hop = Number(/host-(\d)/.exec(origin)?.[1] ?? 0);
      if (hop === 8) return { status: 200, body: "content" };
      return { status: 302, headers: { location: server.url(`host-${hop + 1}.example`, "/next") } };
    });
    const list: Transport[] = [];
    const transport = open(server.url("host-0.example"), trusting(), list);
    expect(String(await transport.getBytes("start"))).toBe("content");
    expect(String(await transport.getBytes("start"))).toBe("content");
    expect([server.accepted, list.length]).toEqual([9, 1]);
  });
});

describe("a redirect keeps a target byte for byte", () => {
  it.each([
    "/a%2Fb?X-Signature=aB%2Fc%2bd%3D&X-Path=%7Ejoe&flag",
    "/caf%c3%a9/%7ejoe/it's?q=a+b%20c&&=&x=1?y",
    "/a//b///c?",
    "/;p=1/!$&()*+,:@?/?#".replace("#", ""),
    `/${"long/".repeat(1_500)}?${"s".repeat(2_000)}`,
  ])("%#: %.60s", async (target) => {
    const [first, second] = [await start("http"), await start("https")];
    first.answers(() => ({ status: 307, headers: { location: second.url("second.example", target) } }));
    const transport = open(first.url(home), { lookup: toThisMachine, tls: { ca: identity.cert } });
    await readAll(transport, "moved");
    expect(new Set(second.told.map((told) => told.target))).toEqual(new Set([target]));
    expect(second.told).toHaveLength(3);
  });
});

describe("a Location that is odd", () => {
  it.each([
    ["/a b", "/a%20b"],
    ["/x y?a b", "/x%20y?a%20b"],
    [";x", "/dir/;x"],
    ["/../../x", "/x"],
    ["..", "/"],
    ["?", "/dir/moved?"],
    ["/x#part", "/x"],
    ["//HOST?x", "/?x"],
    ["http://@HOST/x", "/x"],
    ["  /x  ", "/x"],
    ["/a,/b", "/a,/b"],
  ])("%j is asked for as %s", async (location, target) => {
    const server = await start("http");
    const at = location.replace("HOST", `127.0.0.1:${server.port}`);
    server.answers((told) =>
      told.target === "/dir/moved" ? { status: 302, headers: { location: at } } : { status: 200, body: "there" },
    );
    expect(String(await open(server.url("127.0.0.1", "/dir/")).getBytes("moved"))).toBe("there");
    expect(server.told.at(-1)?.target).toBe(target);
  });

  it.each([
    ["/\\evil.example/x", "protocol-error"],
    ["\\\\evil.example\\x", "protocol-error"],
    ["http:/x", "protocol-error"],
    ["http:x", "protocol-error"],
    ["///evil.example/x", "protocol-error"],
    ["//", "protocol-error"],
    ["/%zz", "protocol-error"],
    ["/caf\u00e9", "protocol-error"],
    ["/a%2e%2e/%2e%2e/x", "protocol-error"],
    ["http://127.1/x", "protocol-error"],
    ["http://0x7f000001/x", "protocol-error"],
    ["http://HOST\\@evil.example/", "protocol-error"],
    ["http://:@HOST/x", "unsupported"],
    ["http://joe:@HOST/x", "unsupported"],
    ["mailto:joe@first.example", "unsupported"],
    ["about:blank", "unsupported"],
    ["c:\\windows", "unsupported"],
    ["webdav+http://HOST/x", "unsupported"],
    ["noop+http://HOST/x", "unsupported"],
  ])("%j is refused: %s", async (location, code) => {
    const server = await start("http");
    const at = location.replace("HOST", `127.0.0.1:${server.port}`);
    server.answers(() => ({ status: 302, headers: { location: at } }));
    expect(await failureOf(open(server.url("127.0.0.1")).getBytes("moved"))).toMatchObject({ code, path: "moved" });
    expect(server.told).toHaveLength(1);
  });
});
