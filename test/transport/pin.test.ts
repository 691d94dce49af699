import { describe, expect, it } from "vitest";

import type { TransportOptions } from "../../src/index.ts";
import { TransportScope } from "../../src/index.ts";
import { memoryStore, startFtpServer, startHttpServer, startSftpServer } from "../../src/testing.ts";

/** Where wires lead, and how many of them are open there. */
interface Site extends AsyncDisposable {
  readonly url: string;
  readonly options: TransportOptions;
  readonly server: { readonly open: number; readonly accepted: number };
}

const sites: Readonly<Record<string, () => Promise<Site>>> = {
  memory: async () => ({
    url: "memory://pinned/",
    options: {},
    server: memoryStore("pinned"),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }),
  sftp: async () => {
    const server = await startSftpServer();
    const ssh = { config: null, agent: null, identityFile: null, knownHosts: null, unknownHostKey: "accept" as const };
    return siteOf(server, { password: server.password, ssh });
  },
  ftp: async () => {
    const server = await startFtpServer();
    return siteOf(server, { password: server.password });
  },
  http: async () => siteOf(await startHttpServer(), {}),
};

function siteOf(server: Site["server"] & AsyncDisposable & { readonly url: string }, options: TransportOptions): Site {
  return { url: server.url, options, server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Limits that are over before a test is. */
const short: TransportOptions = { idleTimeoutMs: 30, keepaliveIntervalMs: 10 };
const manyIdleLimits = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200));

describe.each(Object.keys(sites))("a wire over %s that is pinned", (name) => {
  const start = sites[name] as () => Promise<Site>;

  it("is not closed for idleness; disconnect() closes it, and so does the end of its scope", async () => {
    await using site = await start();
    const { url, options, server } = site;
    const scope = new TransportScope();
    const transport = scope.getTransport(url, { ...options, ...short, pin: true });
    const before = server.accepted;
    await transport.has("x");
    await manyIdleLimits();
    await transport.has("x");
    expect(server.accepted - before).toBe(1);
    expect(scope.report().connections).toMatchObject([{ pinned: true, wiresOpened: 1, wiresOpen: 1 }]);
    await transport.disconnect();
    await expect.poll(() => server.open).toBe(0);
    await transport.has("x");
    expect(server.open).toBe(1);
    await scope.close();
    await expect.poll(() => server.open).toBe(0);
  });

  it("may be pinned by whoever comes to share it, and those who do not ask for that take nothing back", async () => {
    await using site = await start();
    const { url, options, server } = site;
    await using scope = new TransportScope();
    const transport = scope.getTransport(url, { ...options, ...short, pin: false });
    const before = server.accepted;
    await transport.has("x");
    expect(scope.report().connections).toMatchObject([{ pinned: false }]);
    scope.getTransport(`${url}deep/`, { pin: true });
    scope.getTransport(`${url}other/`, { pin: false });
    scope.getTransport(`${url}another/`);
    await manyIdleLimits();
    await transport.has("x");
    expect(server.accepted - before).toBe(1);
    expect(scope.report().connections).toMatchObject([{ pinned: true, wiresOpened: 1 }]);
  });
});

describe("a connection that has never connected", () => {
  it("stays pinned when it takes up a password that comes late", async () => {
    await using server = await startFtpServer();
    await using scope = new TransportScope();
    const transport = scope.getTransport(server.url, short);
    scope.getTransport(server.url, { pin: true });
    scope.getTransport(server.url, { password: server.password });
    await transport.has("x");
    await manyIdleLimits();
    await transport.has("x");
    expect(server.accepted).toBe(1);
    expect(scope.report().connections).toMatchObject([{ pinned: true, wiresOpened: 1 }]);
  });
});

describe("a scope's bound", () => {
  it("closes no connection that is pinned, and closes the others as before", async () => {
    await using scope = new TransportScope({ maxConnections: 2 });
    for (const name of ["one", "two"]) await scope.getTransport(`memory://kept-${name}/`, { pin: true }).has("x");
    for (const name of ["one", "two", "three"]) await scope.getTransport(`memory://passing-${name}/`).has("x");
    await expect.poll(() => memoryStore("passing-one").open).toBe(0);
    for (const name of ["kept-one", "kept-two", "passing-two", "passing-three"])
      expect([name, memoryStore(name).open]).toEqual([name, 1]);
    expect(scope.report()).toMatchObject({ wiresOpened: 5, evicted: 1 });
    // A pinned one is found as long as it is there.
    await scope.getTransport("memory://kept-one/again/").has("x");
    expect(memoryStore("kept-one").accepted).toBe(1);
    await scope.close();
    for (const name of ["kept-one", "kept-two", "passing-two", "passing-three"])
      expect([name, memoryStore(name).open]).toEqual([name, 0]);
  });
});

describe("the wire to a jump host", () => {
  it("is pinned with the wire through it, also when that is asked for late", async () => {
    await using jump = await startSftpServer();
    await using target = await startSftpServer();
    await using scope = new TransportScope({ maxConnections: 2 });
    const ssh = {
      config: null,
      agent: null,
      identityFile: null,
      knownHosts: null,
      unknownHostKey: "accept" as const,
      proxyJump: `${jump.user}@${jump.host}:${jump.port}`,
    };
    const credentials = ({ url }: { readonly url: string }): string =>
      url.includes(`:${jump.port}`) ? jump.password : target.password;
    const transport = scope.getTransport(target.url, { ssh, credentials });
    await transport.has("x");
    scope.getTransport(target.url, { ssh, credentials, pin: true });
    await scope.getTransport("memory://beside-a-jump/").has("x");
    await scope.getTransport("memory://beside-a-jump-2/").has("x");
    await transport.has("x");
    expect([jump.accepted, target.accepted]).toEqual([1, 1]);
  });
});
