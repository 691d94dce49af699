import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { beforeAll, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../../src/index.ts";
import { TransportScope } from "../../../src/index.ts";
import type { HttpServer, HttpServerOptions, TlsIdentity } from "../../../src/testing.ts";
import { generateTlsIdentity } from "../../../src/testing.ts";
import { bytesOf, collect } from "../../../src/testing/conformance/content.ts";
import { toThisMachine } from "../../reuse/sites.ts";
import { failureOf, open, requestsOf, serverWith } from "./http-site.ts";

const secret = "s3cret-of-the-first";
const files = { "/file": "content", "/dir/x": "x" };

/** A server that sends whoever asks for /moved… to a place, and has files beside. */
function moving(to: (target: string) => string, options: HttpServerOptions = {}, status = 302): Promise<HttpServer> {
  return serverWith(files, {
    ...options,
    onRequest: ({ target }) =>
      target.startsWith("/moved") ? { status, headers: { location: to(target) }, body: "gone" } : "answer",
  });
}

let identity: TlsIdentity;
beforeAll(async () => {
  identity = await generateTlsIdentity({ names: ["localhost", "127.0.0.1", "first.example", "second.example"] });
});

describe("a redirect", () => {
  it.each([301, 302, 303, 307, 308])("with %i is followed by every verb that reads", async (status) => {
    const server = await moving(() => "/file", {}, status);
    const transport = open(server.url);
    expect(String(await transport.getBytes("moved"))).toBe("content");
    expect(String(await bytesOf(await transport.get("moved", { offset: 3 })))).toBe("tent");
    expect(await transport.stat("moved")).toMatchObject({ type: "file", sizeBytes: 7 });
    expect(await transport.has("moved")).toBe(true);
    expect((await collect(transport.readv("moved", [{ offset: 1, length: 2 }]))).map(String)).toEqual(["on"]);
    expect(server.accepted).toBe(1);
  });

  it.each([
    ["file", "/file"],
    ["./file", "/file"],
    ["../file?x=%2F", "/file?x=%2F"],
    ["//HOST/file", "/file"],
    ["http://HOST/file", "/file"],
    ["HTTP://HOST/file#part", "/file"],
    ["/dir/../file", "/file"],
    ["/f%69le", "/f%69le"],
    ["//HOST//file", "//file"],
    ["/caf\u00c3\u00a9", "/caf%C3%A9"],
    ["?again", "/moved?again"],
  ])("to %s is asked for as %s", async (location, target) => {
    let asked = 0;
    let server: HttpServer | undefined;
    server = await serverWith(files, {
      onRequest: () =>
        ++asked === 1
          ? { status: 302, headers: { location: location.replace("HOST", `127.0.0.1:${server?.port}`) } }
          : { status: 200, body: "there" },
    });
    expect(String(await open(server.url).getBytes("moved"))).toBe("there");
    expect(server.requests[1]?.target).toBe(target);
  });

  it("is reported, without what is secret in it", async () => {
    const server = await moving(() => `/file?sig=${secret}`);
    const reported: unknown[] = [];
    const report = (message: unknown): void => void reported.push(message);
    subscribe("samewire:redirect", report);
    await open(server.url)
      .getBytes("moved")
      .finally(() => unsubscribe("samewire:redirect", report));
    expect(reported).toEqual([{ url: `${server.url}moved`, target: `${server.url}file?sig=***`, status: 302 }]);
  });

  it("after redirect is followed eight times, and no more", async () => {
    const server = await serverWith(files, {
      onRequest: ({ target }) => {
        const left = Number(target.slice(1));
        return left > 0 ? { status: 302, headers: { location: `/${left - 1}` } } : { status: 200, body: "there" };
      },
    });
    const transport = open(server.url);
    expect(String(await transport.getBytes("8"))).toBe("there");
    expect(await failureOf(transport.getBytes("9"))).toMatchObject({ code: "too-many-redirects", path: "9" });
  });

  it("to itself ends", async () => {
    const server = await moving(() => "/moved");
    expect(await failureOf(open(server.url).stat("moved"))).toMatchObject({ code: "too-many-redirects" });
    expect(server.requests).toHaveLength(9);
  });

  it.each([
    ["", "protocol-error"],
    ["http://", "protocol-error"],
    ["http://ho st/", "protocol-error"],
    ["http://[::1/", "protocol-error"],
    ["http://127.0.0.1:99999/", "protocol-error"],
    ["/a%00b", "protocol-error"],
    ["ftp://127.0.0.1/file", "unsupported"],
    ["file:///etc/passwd", "unsupported"],
    ["sftp://127.0.0.1/", "unsupported"],
    ["memory:///", "unsupported"],
    ["javascript:alert(1)", "unsupported"],
    ["readonly+http://127.0.0.1/file", "unsupported"],
    ["http://joe:pass-word@HOST/file", "unsupported"],
    ["http://joe@HOST/file", "unsupported"],
  ])("to %j is refused: %s", async (location, code) => {
    let server: HttpServer | undefined;
    server = await moving(() => location.replace("HOST", `127.0.0.1:${server?.port}`));
    const error = await failureOf(open(server.url).getBytes("moved"));
    expect(error).toMatchObject({ code, operation: "getBytes", path: "moved" });
    expect(error.message).not.toContain("pass-word");
    expect(server.requests).toHaveLength(1);
  });

  it("without a place is a protocol-error", async () => {
    const server = await serverWith({}, { onRequest: () => ({ status: 302 }) });
    expect(await failureOf(open(server.url).stat("moved"))).toMatchObject({ code: "protocol-error" });
  });

  it("from https to http is refused, and nothing is sent there", async () => {
    const plain = await serverWith(files);
    const server = await moving(() => `${plain.url}file`, { tls: identity });
    const transport = open(server.url, { tls: { ca: identity.cert } });
    expect(await failureOf(transport.getBytes("moved"))).toMatchObject({ code: "unsupported" });
    expect(plain.accepted).toBe(0);
  });

  it("does not make a listing's names lead elsewhere", async () => {
    const other = await serverWith({ "/dir/there": "" });
    const server = await moving((target) => target.replace("/moved", other.url.slice(0, -1)));
    const names = (await collect(open(server.url).list("moved/dir"))).map(({ path }) => path);
    expect(names).toEqual(["moved/dir/there"]);
  });
});

describe("another origin", () => {
  it("is one connection for many files, which nobody's list has", async () => {
    const mirror = await serverWith(files);
    const server = await moving(() => `${mirror.url}file`);
    const list: Transport[] = [];
    const transport = open(server.url, {}, list);
    for (let times = 0; times < 5; times++) expect(String(await transport.getBytes("moved"))).toBe("content");
    expect(mirror.accepted).toBe(1);
    expect(list).toEqual([transport]);
    expect(transport.connectionReport()?.wiresOpened).toBe(1);
  });

  it("is read on the connection that the caller has to it, if nobody in particular asks on that", async () => {
    const mirror = await serverWith(files);
    const server = await moving(() => `${mirror.url}file`);
    const list: Transport[] = [];
    await open(mirror.url, {}, list).has("file");
    expect(String(await open(server.url, {}, list).getBytes("moved"))).toBe("content");
    expect(mirror.accepted).toBe(1);
    const known: Transport[] = [];
    await open(mirror.url, { http: { headers: { Cookie: secret } } }, known).has("file");
    expect(String(await open(server.url, {}, known).getBytes("moved"))).toBe("content");
    expect(mirror.accepted).toBe(3);
    expect(mirror.requests.at(-1)?.headers["cookie"]).toBeUndefined();
  });

  it("is left with the connection that led there", async () => {
    const mirror = await serverWith(files);
    const server = await moving(() => `${mirror.url}file`);
    const transport = open(server.url);
    await transport.getBytes("moved");
    await transport.disconnect();
    await expect.poll(() => mirror.open).toBe(0);
    expect(String(await transport.getBytes("moved"))).toBe("content");
    const scope = new TransportScope();
    await scope.getTransport(server.url).getBytes("moved");
    await scope.close();
    await expect.poll(() => server.open).toBe(1);
    await transport.disconnect();
    await expect.poll(() => mirror.open).toBe(0);
  });

  it("serves all parts of one file, once it led there: another mirror may have another version", async () => {
    const one = await serverWith({ "/file": "0123456789".repeat(10_000) });
    const other = await serverWith({ "/file": "9876543210".repeat(10_000) });
    let turn = 0;
    const server = await moving(() => `${(++turn % 2 === 1 ? one : other).url}file`);
    const ranges = Array.from({ length: 9 }, (_, index) => ({ offset: index * 10_000, length: 10 }));
    const parts = await collect(open(server.url).readv("moved", ranges));
    expect(new Set(parts.map(String))).toEqual(new Set(["0123456789"]));
  });

  it("that does not answer is told as what it is", async () => {
    const server = await moving(() => "http://127.0.0.1:9/file");
    expect(await failureOf(open(server.url).stat("moved"))).toMatchObject({ code: "connection-failed" });
  });
});

/** How a caller proves who they are to the first server. */
const proofs: Record<string, { options: TransportOptions; login?: HttpServerOptions["login"] }> = {
  Basic: { options: { user: "joe", password: secret }, login: { scheme: "basic", users: { joe: secret } } },
  Digest: { options: { user: "joe", password: secret }, login: { scheme: "digest", users: { joe: secret } } },
  "a token": { options: { http: { bearerToken: secret } }, login: { scheme: "bearer", tokens: [secret] } },
  "tokens from a callback": {
    options: { http: { askBearerToken: () => secret } },
    login: { scheme: "bearer", tokens: [secret] },
  },
  "an authorization": { options: { http: { authorization: `Bearer ${secret}` } } },
  "a cookie": { options: { http: { headers: { Cookie: `session=${secret}` } } } },
  "a header of its own": { options: { http: { headers: { "X-Api-Key": secret } } } },
};

/** Where the first server sends the reader: only the first of them is of the same origin. */
const places = ["same origin", "other port", "other host", "other scheme", "other host and back"] as const;

describe.each(Object.entries(proofs))("who asked with %s", (_proof, { options, login }) => {
  it.each(places)("is known to %s only if that is the same origin", async (place) => {
    const trusted: TransportOptions = { lookup: toThisMachine, tls: { ca: identity.cert } };
    const secured = place === "other scheme";
    const strange = await serverWith(files, {
      ...(secured ? { tls: identity } : {}),
      onRequest: ({ target }) =>
        target === "/back"
          ? { status: 302, headers: { location: `http://first.example:${first.port}/open` } }
          : "answer",
    });
    const to = {
      "same origin": () => "/file",
      "other port": () => `http://first.example:${strange.port}/file`,
      "other host": () => `http://second.example:${strange.port}/file`,
      "other scheme": () => `https://first.example:${strange.port}/file`,
      "other host and back": () => `http://second.example:${strange.port}/back`,
    }[place];
    const first: HttpServer = await serverWith(files, {
      ...(login === undefined ? {} : { login }),
      onRequest: ({ target, headers }) => {
        if (target === "/open") return { status: 200, body: "content" };
        const known = login === undefined || headers["authorization"] !== undefined;
        return target === "/moved" && known ? { status: 302, headers: { location: to() } } : "answer";
      },
    });
    const transport = open(`http://first.example:${first.port}/`, { ...trusted, ...options });
    expect(String(await transport.getBytes("moved"))).toBe("content");

    const told = (server: HttpServer, path: string): string =>
      JSON.stringify(server.requests.filter(({ target }) => target === path));
    // What a foreign origin is told holds nothing of it, in no form.
    const foreign = JSON.stringify(strange.requests) + told(first, "/open");
    for (const form of [
      secret,
      Buffer.from(`joe:${secret}`).toString("base64"),
      "joe",
      "authorization",
      "cookie",
      "x-api-key",
    ])
      expect(foreign).not.toContain(form);
    if (place === "same origin") expect(told(first, "/file")).toMatch(/authorization|cookie|x-api-key/);
    else expect(strange.requests.length).toBeGreaterThan(0);
  });
});

describe("a place that asks for a login", () => {
  it("is not given what was given for another, and nobody is asked", async () => {
    const strange = await serverWith(files, { login: { scheme: "basic", users: { joe: secret } } });
    const first = await moving(() => `${strange.url}file`);
    let asked = 0;
    const options: TransportOptions = { user: "joe", password: secret, credentials: () => void ++asked };
    expect(await failureOf(open(first.url, options).getBytes("moved"))).toMatchObject({
      code: "authentication-failed",
    });
    expect(asked).toBe(0);
    expect(requestsOf(strange)).toEqual(["GET /file"]);
    expect(JSON.stringify(strange.requests)).not.toContain("authorization");
  });
});

describe("a client's certificate", () => {
  it("is not shown to another origin", async () => {
    const client = await generateTlsIdentity({ names: ["client"] });
    const locked: HttpServerOptions = { tls: { ...identity, clientCa: client.cert } };
    const strange = await serverWith(files, locked);
    const first = await moving(() => `${strange.url}file`, locked);
    const tls = { ca: identity.cert, cert: client.cert, key: client.key };
    expect(String(await open(first.url, { tls }).getBytes("file"))).toBe("content");
    expect(await failureOf(open(first.url, { tls }).getBytes("moved"))).toMatchObject({ code: "tls-failed" });
    expect(strange.requests).toEqual([]);
  });
});
