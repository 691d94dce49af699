import { once } from "node:events";
import { connect } from "node:tls";

import { isTransportError } from "samewire";
import type { PoolFactory } from "samewire/extend";
import type { TlsIdentity } from "samewire/testing";
import { generateTlsIdentity } from "samewire/testing";
import { afterEach, beforeAll, describe, expect, it } from "vitest";

import type { EppClientOptions } from "../../examples/epp/epp-client.ts";
import { EppClient } from "../../examples/epp/epp-client.ts";
import { FrameReader, frameOf, maxFrameBytes } from "../../examples/epp/frames.ts";
import { GenericPool } from "../../examples/epp/generic-pool.ts";
import type { RegistryOptions, RegistryServer } from "../../examples/epp/registry-server.ts";
import { startRegistry } from "../../examples/epp/registry-server.ts";

let identity: TlsIdentity;
beforeAll(async () => {
  identity = await generateTlsIdentity();
});

const pools: Readonly<Record<string, PoolFactory | undefined>> = {
  "samewire's own": undefined,
  "that of generic-pool": (connector, policy, observer) => new GenericPool(connector, policy, observer),
};

describe.each(Object.entries(pools))("EPP with a pool that is %s:", (_name, createPool) => {
  const open: AsyncDisposable[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
  });

  async function start(options: Partial<RegistryOptions> = {}): Promise<RegistryServer> {
    const registry = await startRegistry({ identity, users: { registrar: "secret" }, ...options });
    open.push(registry);
    return registry;
  }

  function clientOf(registry: RegistryServer, options: Partial<EppClientOptions> = {}): EppClient {
    const client = new EppClient({
      ...{ host: "127.0.0.1", port: registry.port, ca: identity.cert, user: "registrar", password: "secret" },
      ...(createPool === undefined ? {} : { createPool }),
      ...options,
    });
    open.push(client);
    return client;
  }

  it("a hundred commands one after another cost one handshake and one login", async () => {
    const registry = await start();
    const client = clientOf(registry);
    for (let n = 0; n < 100; n++) await client.create(`example-${n}.test`);
    expect(registry.domains.size).toBe(100);
    expect(registry.counts).toMatchObject({ handshakes: 1, logins: 1 });
    expect(client.report()).toMatchObject({ operations: 100, wiresOpened: 1, wiresLost: 0 });
  });

  it("a hundred commands at once cost as many sessions as were asked for, and each gets its own answer", async () => {
    const registry = await start();
    const client = clientOf(registry, { connections: 4 });
    await Promise.all(Array.from({ length: 100 }, (_, n) => client.create(`example-${n}.test`)));
    const infos = await Promise.all(Array.from({ length: 100 }, (_, n) => client.info(`example-${n}.test`)));
    expect(infos.map(({ name, registrant }) => [name, registrant])).toEqual(
      Array.from({ length: 100 }, (_, n) => [`example-${n}.test`, "registrar"]),
    );
    expect(registry.counts.handshakes).toBeLessThanOrEqual(4);
    expect(registry.mostSessions).toBeLessThanOrEqual(4);
  });

  it("a registry that allows fewer sessions serves all the same", async () => {
    const registry = await start({ maxSessions: 2 });
    const client = clientOf(registry, { connections: 6 });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => client.check(`example-${n}.test`)));
    expect(answers.map((names) => [...names])).toEqual(
      Array.from({ length: 50 }, (_, n) => [[`example-${n}.test`, true]]),
    );
    expect(registry.mostSessions).toBeLessThanOrEqual(2);
  });

  it("a session that the registry closed while it was idle is replaced, and nobody notices", async () => {
    const registry = await start();
    const client = clientOf(registry);
    await client.create("example.test");
    registry.closeSessions();
    await expect.poll(() => registry.sessions).toBe(0);
    expect(await client.check("example.test", "other.test")).toEqual(
      new Map([
        ["example.test", false],
        ["other.test", true],
      ]),
    );
    expect(registry.counts.logins).toBe(2);
  });

  it("a question whose answer was lost is asked again; a registration is not, and its outcome is unknown", async () => {
    const lost = new Set<string>();
    const onCommand = (name: string): "answer" | "lose" => {
      if (!["check", "create"].includes(name) || lost.has(name)) return "answer";
      lost.add(name);
      return "lose";
    };
    const registry = await start({ onCommand });
    const client = clientOf(registry);
    expect(await client.check("example.test")).toEqual(new Map([["example.test", true]]));
    await expect(client.create("example.test")).rejects.toMatchObject({ code: "connection-lost", effect: "unknown" });
    expect((await client.info("example.test")).registrant).toBe("registrar");
    expect(registry.counts.commands.get("create")).toBe(1);
    expect(registry.counts.commands.get("check")).toBe(2);
  });

  it("silence ends in a timeout, and the next command has a session of its own", async () => {
    let silent = true;
    const registry = await start({ onCommand: (name) => (silent && name === "check" ? "ignore" : "answer") });
    const client = clientOf(registry, { limits: { silenceTimeoutMs: 1_000 } });
    await expect(client.check("example.test")).rejects.toMatchObject({ code: "timeout" });
    silent = false;
    expect(await client.check("example.test")).toEqual(new Map([["example.test", true]]));
    expect(registry.counts.logins).toBe(2);
  });

  it("a wrong password is told, without being shown", async () => {
    const registry = await start();
    const client = clientOf(registry, { password: "hunter2" });
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => client.check("example.test")));
    for (const outcome of outcomes) {
      const { reason } = outcome as PromiseRejectedResult;
      expect(isTransportError(reason, "authentication-failed"), String(reason)).toBe(true);
      expect(JSON.stringify(reason)).not.toContain("hunter2");
    }
    expect(registry.counts.logins).toBe(0);
  });

  it("a registry that is not trusted is told nothing", async () => {
    const registry = await start();
    const stranger = await generateTlsIdentity();
    await expect(clientOf(registry, { ca: stranger.cert }).check("example.test")).rejects.toMatchObject({
      code: "tls-failed",
    });
    expect(registry.counts).toMatchObject({ logins: 0, refusedLogins: 0 });
  });

  it("what the registry refuses has its code, and the session goes on", async () => {
    const registry = await start();
    const client = clientOf(registry);
    await client.create("example.test");
    await expect(client.create("example.test")).rejects.toMatchObject({ code: "already-exists" });
    await expect(client.info("missing.test")).rejects.toMatchObject({ code: "not-found" });
    await expect(client.check('<"&>')).rejects.toMatchObject({
      code: "invalid-path",
      message: expect.stringContaining('<"&>'),
    });
    await expect(client.check("a\u0000b")).rejects.toMatchObject({ code: "invalid-path" });
    expect(registry.counts.handshakes).toBe(1);
  });
});

describe("a registry", () => {
  /** Says documents as they are, and gives the codes of the answers. */
  async function speak(...commands: (string | Buffer)[]): Promise<readonly string[]> {
    await using registry = await startRegistry({ identity, users: { registrar: "secret" }, maxSessions: 1 });
    const socket = connect({ port: registry.port, host: "127.0.0.1", ca: identity.cert });
    const codes: string[] = [];
    const frames = new FrameReader();
    socket
      .on("error", () => socket.destroy())
      .on("data", (chunk: Buffer) => {
        for (const xml of frames.push(chunk))
          codes.push(/code="(\d+)"/.exec(xml)?.[1] ?? /<(greeting)/.exec(xml)?.[1] ?? xml);
      });
    await once(socket, "secureConnect");
    await expect.poll(() => codes.length).toBe(1);
    for (const command of commands)
      socket.write(typeof command === "string" ? frameOf(`<epp><command>${command}</command></epp>`) : command);
    await expect.poll(() => codes.length > commands.length || socket.destroyed || socket.readableEnded).toBe(true);
    socket.destroy();
    return codes;
  }

  const login = "<login><clID>registrar</clID><pw>secret</pw></login>";

  it("greets, and hears nothing before a login", async () => {
    expect(await speak("<check><check><name>a.test</name></check></check>", login)).toEqual([
      "greeting",
      "2002",
      "1000",
    ]);
  });

  it("lets nobody in twice, nor with another password", async () => {
    expect(await speak(login.replace("secret", "guess"), login, login)).toEqual(["greeting", "2200", "1000", "2002"]);
  });

  it("refuses what it does not know, and what is no name", async () => {
    expect(await speak(login, "<renew><name>a.test</name></renew>", "<info><name>no name</name></info>")).toEqual([
      ...["greeting", "1000", "2101"],
      "2005",
    ]);
  });

  it.each([
    ["a frame that is too long", Buffer.from([0x7f, 0xff, 0xff, 0xff])],
    ["a frame of no length", Buffer.from([0, 0, 0, 4])],
    ["what is no XML", frameOf("<epp")],
    ["a document type", frameOf('<!DOCTYPE e [<!ENTITY a "b">]><epp><hello/></epp>')],
  ])("hangs up on %s", async (_name, bytes) => {
    expect(await speak(bytes)).toEqual(["greeting"]);
  });

  it("is understood however the network cuts what it says", () => {
    const whole = Buffer.concat([frameOf("<first/>"), frameOf("<second>ä</second>")]);
    const frames = new FrameReader();
    expect([...whole].flatMap((byte) => frames.push(Buffer.from([byte])))).toEqual(["<first/>", "<second>ä</second>"]);
    const long = Buffer.alloc(4);
    long.writeUInt32BE(maxFrameBytes + 1);
    expect(() => new FrameReader().push(long)).toThrow(/\[protocol-error\]/);
  });
});
