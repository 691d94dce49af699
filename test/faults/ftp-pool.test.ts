import type { Socket } from "node:net";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { ErrorCode, Transport } from "../../src/index.ts";
import { TransportScope, isTransportError } from "../../src/index.ts";
import { deferred } from "../../src/connection/deferred.ts";
import { bytesOf } from "../../src/testing/conformance/content.ts";
import type { ScriptedFtpServer } from "../bad-day/scripted-ftp-server.ts";
import { startScriptedFtp } from "../bad-day/scripted-ftp-server.ts";
import type { ScriptedFtpSession } from "../bad-day/scripted-ftp-session.ts";
import { Witness } from "../bad-day/witness.ts";
import type { Fault } from "./fault.ts";
import { delayedMs, dripEveryMs, faults } from "./fault.ts";
import { garbage } from "./garbage.ts";
import { matrixClock } from "./matrix-clock.ts";
import { elapsed, until, within } from "./settle.ts";

const password = "pass#word/of joe";
const wires = 4;

/** What each file holds beside its name. */
const content = "what is read by several at a time";

/** What a server does in the middle of one transfer; `go` says that the rest of it is to follow. */
const strikes: Readonly<Record<Fault, (session: ScriptedFtpSession) => Promise<"go" | "no more">>> = {
  reset: async (session) => (session.reset(), await session.closed, "no more"),
  fin: async (session) => (session.end(), await session.closed, "no more"),
  silence: async (session) => (await session.closed, "no more"),
  garbage: async (session) => (await session.write(garbage(40, "pool")), await session.closed, "no more"),
  half: async (session) => (await session.write("22"), session.end(), await session.closed, "no more"),
  drip: () => Promise.resolve("go"),
  delay: async () => (await elapsed(delayedMs), "go"),
};

/** The same as for a transfer that is alone. */
const lost: Readonly<Record<Fault, ErrorCode | undefined>> = {
  reset: "connection-lost",
  fin: "connection-lost",
  silence: "timeout",
  garbage: "protocol-error",
  half: "connection-lost",
  drip: undefined,
  delay: undefined,
};

const verbs = {
  get: async (transport: Transport, path: string): Promise<Buffer> => await bytesOf(await transport.get(path)),
  // Nobody has seen any of it: it is asked for once more where the connection is lost.
  getBytes: (transport: Transport, path: string): Promise<Buffer> => transport.getBytes(path),
} as const;

describe("a fault on one of several FTP connections, in the middle of a transfer", () => {
  let server: ScriptedFtpServer;
  let scope: TransportScope;
  let transport: Transport;
  let witness: Witness;
  beforeEach(async () => {
    server = await startScriptedFtp();
    for (let n = 0; n < wires; n++) server.files.set(`/${n}`, Buffer.from(`${n}: ${content}`));
    witness = new Witness([password, encodeURIComponent(password)]);
    scope = new TransportScope();
    const options = { password, connections: wires, clock: matrixClock, logger: witness.logger };
    transport = scope.getTransport(`ftp://joe@127.0.0.1:${server.port}/`, options);
  });
  afterEach(async () => {
    await scope.close();
    await until("nobody is connected any more", () => server.open === 0);
    for (const session of server.sessions) session.drain();
    await until("no data connection is left", () => server.dataOpen === 0);
    await server.close();
    await witness.swear();
  });

  /** Has every transfer stop in its middle until all are there, and then strikes the first file's. */
  function strikeAmong(fault: Fault): void {
    const together = deferred<void>();
    let there = 0;
    let struck = false;
    server.on("RETR", async (session, path) => {
      const file = server.files.get(path) ?? Buffer.alloc(0);
      const middle = file.length >> 1;
      await session.reply(`150 (${file.length} bytes)`);
      const data = (await session.data()).resume();
      const closed = new Promise((resolve) => data.once("close", resolve));
      data.write(file.subarray(0, middle));
      if (++there === wires) together.resolve();
      await together.promise;
      // What is on its way when a connection is reset is lost: every client is to have seen some of its file.
      await elapsed(500);
      if (path === "/0" && !struck) {
        struck = true;
        if ((await strikes[fault](session)) === "no more") return;
        if (fault === "drip") await drip(data, file.subarray(middle));
        else data.write(file.subarray(middle));
        data.end();
      } else data.end(file.subarray(middle));
      await closed;
      await session.reply("226 Done.");
    });
  }

  const cells = (["get", "getBytes"] as const).flatMap((verb) => faults.map((fault) => [fault, verb] as const));
  it.each(cells)("%s harms that %s alone", async (fault, verb) => {
    strikeAmong(fault);
    const clones = Array.from({ length: wires }, () => transport.clone());
    const works = clones.map((clone, n) => verbs[n === 0 ? verb : "getBytes"](clone, String(n)));
    const [first, ...others] = await within(100_000, "all of them", Promise.allSettled(works));
    for (const [n, other] of others.entries()) expect(textOf(other)).toBe(`${n + 1}: ${content}`);
    const repeated = verb === "getBytes" && lost[fault] === "connection-lost";
    if (lost[fault] === undefined || repeated) expect(textOf(first)).toBe(`0: ${content}`);
    else expect(first).toMatchObject({ reason: { code: lost[fault], effect: "none", operation: verb } });
    if (first?.status === "rejected") witness.hear(first.reason);
    server.behave();
    for (const clone of clones) expect(String(await clone.getBytes("0"))).toBe(`0: ${content}`);
    expect(server.open).toBeLessThanOrEqual(wires);
    expect(server.accepted, "one wire at most is opened in the place of one that was struck").toBeLessThanOrEqual(
      wires + 1,
    );
  });
});

function textOf(outcome: PromiseSettledResult<Buffer> | undefined): string {
  if (outcome?.status === "fulfilled") return String(outcome.value);
  return `failed: ${isTransportError(outcome?.reason) ? outcome.reason.message : String(outcome?.reason)}`;
}

async function drip(to: Socket, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    await elapsed(dripEveryMs);
    to.write(Buffer.of(byte));
  }
}
