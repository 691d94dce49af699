import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope, getTransport } from "../../src/index.ts";
import type { SftpReaction, SftpServer } from "../../src/testing.ts";
import { startSftpServer } from "../../src/testing.ts";

describe("who owns a wire that leads through another", () => {
  let jump: SftpServer;
  let target: SftpServer;
  let login: "answer" | "silence";
  let react: (name: string) => SftpReaction;
  let options: TransportOptions;
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);

  beforeEach(async () => {
    process.on("unhandledRejection", note);
    login = "answer";
    react = () => "answer";
    const users = { joe: { password: "secret" } };
    jump = await startSftpServer({ users });
    target = await startSftpServer({ users, onLogin: () => login, onRequest: (name) => react(name) });
    options = {
      credentials: () => "secret",
      drainTimeoutMs: 100,
      ssh: {
        config: null,
        agent: null,
        identityFile: null,
        unknownHostKey: "accept",
        knownHosts: null,
        proxyJump: `joe@127.0.0.1:${jump.port}`,
      },
    };
  });
  afterEach(async () => {
    // Whatever a test did, nobody is connected to either, before they stop.
    await expect.poll(() => [jump.open, target.open]).toEqual([0, 0]);
    await Promise.all([jump.close(), target.close()]);
    process.off("unhandledRejection", note);
    expect(unhandled.splice(0)).toEqual([]);
  });

  const through = (list?: Transport[]): Transport => getTransport(target.url, list, options);

  it("a transport with neither list nor scope owns both, and its disposal closes both, twice harmlessly", async () => {
    const transport = through();
    await transport.put("file", "content");
    expect([jump.open, target.open]).toEqual([1, 1]);
    await transport.clone("deeper")[Symbol.asyncDispose]();
    expect([jump.open, target.open]).toEqual([1, 1]);
    await Promise.all([transport[Symbol.asyncDispose](), transport[Symbol.asyncDispose]()]);
    await expect(transport.stat("file")).rejects.toMatchObject({ code: "closed" });
  });

  it("a decorated one does as well", async () => {
    const transport = getTransport(`readonly+trace+${target.url}`, undefined, options);
    expect(await transport.has("file")).toBe(false);
    await transport[Symbol.asyncDispose]();
    await expect(transport.has("file")).rejects.toMatchObject({ code: "closed" });
  });

  it("its disposal while the server behind is silent in the login settles, and tells who waits", async () => {
    login = "silence";
    const transport = through();
    const waiting = expect(transport.stat("file")).rejects.toMatchObject({ code: "closed", operation: "stat" });
    await expect.poll(() => target.open).toBe(1);
    await transport[Symbol.asyncDispose]();
    await waiting;
  });

  it("so does the end of a scope, at any moment of the connect", async () => {
    for (let turns = 0; turns < 60; turns += 3) {
      const scope = new TransportScope();
      const transport = scope.getTransport(target.url, options);
      const waiting = transport.stat("file").catch((error: unknown) => error);
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      await scope.close();
      expect(await waiting).toMatchObject({
        name: "TransportError",
        code: expect.stringMatching(/^(closed|not-found)$/) as string,
      });
      expect(scope.report().connections.map(({ state, wiresOpen }) => [state, wiresOpen])).toEqual([
        ["closed", 0],
        ["closed", 0],
      ]);
    }
  });

  it("one that is evicted in favour of another ends what goes through it, and the next verb finds a new way", async () => {
    await using scope = new TransportScope({ maxConnections: 3 });
    await scope.getTransport(target.url, options).put("file", "content");
    // The jump host was used longest ago.
    scope.getTransport("memory://another/");
    const transport = scope.getTransport(target.url, options);
    scope.getTransport("memory://one-too-many/");
    await expect.poll(() => jump.open).toBe(0);
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect(jump.accepted).toBe(2);
  });

  it("a jump host that is cut is an error to the stream through it, and both are there for the next verb", async () => {
    const list: Transport[] = [];
    const transport = through(list);
    await transport.put("file", Buffer.alloc(4_000_000));
    react = (name) => (name === "read" ? "silence" : "answer");
    const stream = await transport.get("file");
    const reading = expect(drain(stream)).rejects.toMatchObject({
      code: "connection-lost",
      operation: "get",
      effect: "none",
    });
    jump.sever();
    await reading;
    react = () => "answer";
    expect(await transport.getBytes("file")).toHaveLength(4_000_000);
    expect([jump.accepted, target.accepted]).toEqual([2, 2]);
    await Promise.all(list.map((one) => one.disconnect()));
  });
});

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _chunk of stream);
}
