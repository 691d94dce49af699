import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { S3Options, Transport, TransportOptions } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import type { S3Server, S3ServerOptions, TlsIdentity } from "../../src/testing.ts";
import { generateTlsIdentity, startS3Server } from "../../src/testing.ts";
import { startSocksProxy } from "./matrix/socks-proxy.ts";
import { leaveAmazonAlone } from "./s3-site.ts";
import { toThisMachine } from "./sites.ts";

const users = {
  joe: { secretAccessKey: "secret" },
  ann: { secretAccessKey: "secret" },
  lent: { secretAccessKey: "secret", sessionToken: "token" },
};

describe("reuse over S3, counted by an in-process server", () => {
  let server: S3Server;
  let list: Transport[];
  const used: Transport[] = [];

  beforeEach(() => {
    leaveAmazonAlone();
    list = [];
  });
  afterEach(async () => {
    await Promise.all(used.splice(0).map((transport) => transport.disconnect()));
    await server.close();
  });

  async function start(options: S3ServerOptions = {}): Promise<void> {
    server = await startS3Server({ users, buckets: ["one", "two"], ...options });
  }

  /** What is given where everything is: who asks, and where. */
  const whole = (s3: S3Options = {}, more: TransportOptions = {}): TransportOptions => ({
    ...more,
    s3: { endpoint: server.endpoint, region: server.region, accessKeyId: "joe", secretAccessKey: "secret", ...s3 },
  });

  /** Uses a URL, which may be refused, and answers with how many connections the server has seen by then. */
  async function after(url: string, options?: TransportOptions): Promise<number> {
    const transport = getTransport(url, list, options);
    used.push(transport);
    await transport.has("anything").catch(() => undefined);
    return server.accepted;
  }

  /** Asserts that what is the same shares, what is unsaid shares, and what is another does not. */
  async function expectOneThenTwo(
    given: TransportOptions,
    same: TransportOptions,
    other: TransportOptions,
  ): Promise<void> {
    expect(await after("s3://one/a/", given)).toBe(1);
    expect(await after("s3://one/b/"), "unsaid").toBe(1);
    expect(await after("s3://one/c/", same), "the same").toBe(1);
    expect(await after("s3://one/d/", other), "another").toBe(2);
  }

  it("R1, R2: another secret needs its own; unsaid shares", async () => {
    await start();
    await expectOneThenTwo(whole(), whole(), whole({ secretAccessKey: "other" }));
    expect(server.requests.at(-1)?.headers["authorization"]).toContain("Credential=joe/");
  });

  it("R3: another access key needs its own, however it is given", async () => {
    await start();
    await expectOneThenTwo(whole(), { user: "joe", password: "secret" }, whole({ accessKeyId: "ann" }));
    expect(await after("s3://joe@one/e/")).toBe(2);
    expect(await after("s3://jo%65:secret@one/f/")).toBe(2);
    const { endpoint, region } = server;
    expect(await after("s3://Joe:secret@one/g/", { s3: { endpoint, region } })).toBe(3);
  });

  it("R4: a session token belongs to who one is", async () => {
    await start();
    const lent = whole({ accessKeyId: "lent", sessionToken: "token" });
    await expectOneThenTwo(lent, lent, whole({ accessKeyId: "lent", sessionToken: "Token" }));
  });

  it("R5, R6: the endpoint's case, its slash and its leading zeros make no difference; another port does", async () => {
    await start();
    const { port } = server;
    const written = [`HTTP://LocalHost:${port}`, `http://localhost:${port}/`, `http://LOCALHOST:0${port}`];
    const lookup = { lookup: toThisMachine };
    for (const endpoint of written) expect(await after("s3://one/", whole({ endpoint }, lookup)), endpoint).toBe(1);
    expect(await after("s3://one/", whole({ endpoint: `http://127.0.0.1:${port}` }, lookup))).toBe(2);
    const plain = getTransport("s3://one/", list, whole({ endpoint: "http://files.example:80" }));
    expect(plain.reuseConnectionFor("s3://one/x/", whole({ endpoint: "http://files.example" }))).toBeDefined();
    expect(plain.reuseConnectionFor("s3://one/x/", whole({ endpoint: "http://files.example:81" }))).toBeUndefined();
    expect(plain.reuseConnectionFor("s3://one/x/", whole({ endpoint: "https://files.example:80" }))).toBeUndefined();
  });

  it("R7: an international endpoint and its ASCII form are one", async () => {
    await start();
    const endpoint = (host: string): TransportOptions =>
      whole({ endpoint: `http://${host}:${server.port}` }, { lookup: toThisMachine });
    for (const host of ["bücher.example", "xn--bcher-kva.example", "BÜCHER.example"])
      expect(await after("s3://one/", endpoint(host)), host).toBe(1);
  });

  it("R8: an IPv6 endpoint is one however it is written", async () => {
    await start({ host: "::1" });
    for (const host of ["[::1]", "[0:0:0:0:0:0:0:1]"])
      expect(await after("s3://one/", whole({ endpoint: `http://${host}:${server.port}` })), host).toBe(1);
  });

  it("another region needs its own; unsaid shares", async () => {
    await start();
    await expectOneThenTwo(whole(), whole(), whole({ region: "eu-west-1" }));
  });

  it("nobody at all is somebody else", async () => {
    await start({ anonymous: true });
    const anonymous: TransportOptions = { s3: { endpoint: server.endpoint, region: server.region, anonymous: true } };
    await expectOneThenTwo(anonymous, anonymous, whole());
    expect(server.requests.map(({ headers }) => headers["authorization"] !== undefined)).toEqual(
      server.requests.map((_, at) => at === server.requests.length - 1),
    );
  });

  it("buckets in paths share one connection, each with its own objects", async () => {
    await start();
    await server.write("one", "name", "of one");
    await server.write("two", "name", "of two");
    expect(await after("s3://one/", whole())).toBe(1);
    expect(await after("s3://two/")).toBe(1);
    expect(await Promise.all(used.map(async (transport) => String(await transport.getBytes("name"))))).toEqual([
      "of one",
      "of two",
    ]);
    expect(server.accepted).toBe(1);
  });

  it("buckets in host names have a connection each, and share what is said of who asks", async () => {
    await start();
    const endpoint = `http://localhost:${server.port}`;
    const hosts = whole({ endpoint, pathStyle: false }, { lookup: toThisMachine });
    expect(await after("s3://one/", hosts)).toBe(1);
    expect(await after("s3://one/a/")).toBe(1);
    expect(await after("s3://two/", hosts)).toBe(2);
    expect(await after("s3://one/a/", whole({ endpoint, pathStyle: true }, { lookup: toThisMachine }))).toBe(3);
    const asked = server.requests.map(({ headers }) => headers["host"]?.toString().split(":")[0]);
    expect(new Set(asked)).toEqual(new Set(["one.localhost", "two.localhost", "localhost"]));
  });

  it("R13: the way to the endpoint is the caller's", async () => {
    await start();
    await expectOneThenTwo(
      whole({}, { localAddress: "127.0.0.1" }),
      whole({}, { localAddress: "127.0.0.1" }),
      whole({}, { localAddress: "127.0.0.2" }),
    );
  });

  it("R15: deep code that has the URL and the list only reaches what was opened with everything", async () => {
    const identity: TlsIdentity = await generateTlsIdentity();
    await start({ tls: identity, region: "eu-central-1" });
    const given = whole({ accessKeyId: "lent", sessionToken: "token" }, { tls: { ca: identity.cert }, family: 4 });
    expect(await after("s3://one/", given)).toBe(1);
    expect(await after("s3://one/deep/below/")).toBe(1);
    expect(await getTransport("s3://lent@two/", list).has("anything")).toBe(false);
    expect(server.accepted).toBe(1);
  });

  it("R12: whom one trusts is asked for by its own connection", async () => {
    const identity = await generateTlsIdentity();
    await start({ tls: identity });
    const trusting = whole({}, { tls: { ca: identity.cert } });
    await expectOneThenTwo(trusting, trusting, whole({}, { tls: { rejectUnauthorized: false } }));
  });

  it("R16: a proxy that somebody named is not one that the environment seemed to name before the service was known", async () => {
    await start();
    const proxies = [await startSocksProxy(), await startSocksProxy()] as const;
    const folder = await mkdtemp(join(tmpdir(), "samewire-"));
    const profiles = join(folder, "profiles");
    await writeFile(profiles, `[default]\nendpoint_url = http://127.0.0.1:${server.port}\n`);
    const environment = { AWS_CONFIG_FILE: profiles, HTTPS_PROXY: proxies[0].url, NO_PROXY: "127.0.0.1" };
    const before = Object.keys(environment).map((name) => [name, process.env[name]] as const);
    Object.assign(process.env, environment);
    try {
      const { region } = server;
      const local: TransportOptions = {
        s3: { region, accessKeyId: "joe", secretAccessKey: "secret", pathStyle: true },
      };
      expect(await after("s3://one/a/", local)).toBe(1);
      expect(await after("s3://one/b/", local)).toBe(1);
      expect(await after("s3://one/c/", { ...local, proxy: proxies[0].url })).toBe(2);
      expect(await after("s3://one/d/", { ...local, proxy: null })).toBe(3);
      expect(proxies.map((proxy) => proxy.accepted())).toEqual([1, 0]);
    } finally {
      for (const [name, value] of before) process.env[name] = value ?? "";
      await Promise.all(used.splice(0).map((transport) => transport.disconnect()));
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await rm(folder, { recursive: true });
    }
  });

  it("R19: a URL from remote content gets nothing of the caller's", async () => {
    await start();
    expect(await after("s3://one/", whole())).toBe(1);
    const [candidate] = list as [Transport];
    expect(candidate.reuseConnectionFor("s3://one/x/", { credentials: "explicit" })).toBeUndefined();
    expect(candidate.reuseConnectionFor("s3://joe@one/x/", { credentials: "explicit" })).toBeUndefined();
    const { endpoint, region } = server;
    expect(await after("s3://one/x/", { credentials: "explicit", s3: { endpoint, region } })).toBe(2);
    expect(server.requests.at(-1)?.headers["authorization"]).not.toContain("Credential=joe/");
  });

  it("R25: a secret given late to an idle candidate is used, not dropped", async () => {
    await start();
    const { endpoint, region } = server;
    const early = getTransport("s3://joe@one/", list, { s3: { endpoint, region } });
    expect(await after("s3://joe@one/b/", { password: "secret" })).toBe(1);
    expect(await early.has("anything")).toBe(false);
    expect(list).toHaveLength(1);
    expect(server.accepted).toBe(1);
  });

  it("explains itself without a secret", async () => {
    await start();
    await after("s3://one/", whole({ accessKeyId: "lent", sessionToken: "token of lent" }));
    const [candidate] = list as [Transport];
    for (const options of [
      whole({ region: "eu-west-1" }),
      whole({ secretAccessKey: "other secret" }),
      whole({ sessionToken: "x" }),
    ]) {
      const verdict = candidate.explainReuse("s3://one/", options);
      expect(verdict.reuse).toBe(false);
      expect(JSON.stringify(verdict)).not.toMatch(/token of lent|other secret/);
    }
  });
});
