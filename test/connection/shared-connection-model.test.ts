import { getEventListeners } from "node:events";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { connectionPolicy } from "../../src/connection/policy.ts";
import { SharedConnection } from "../../src/connection/shared-connection.ts";
import type { Lease } from "../../src/connection/wire-pool.ts";
import type { ErrorCode } from "../../src/errors/error-code.ts";
import { TransportError, isTransportError } from "../../src/errors/transport-error.ts";
import type { EchoServer, EchoWire } from "./echo-wire.ts";
import { echoConnector, startEchoServer } from "./echo-wire.ts";

/** One thing that somebody does with a connection, or that happens to it. */
type Step =
  | { readonly kind: "say"; readonly repeatable: boolean; readonly abortAfterTurns: number | undefined }
  | { readonly kind: "lease"; readonly turns: number; readonly end: "release" | "discard" | "twice" | "drop" }
  | { readonly kind: "errand"; readonly fails: boolean }
  | { readonly kind: "limit"; readonly limit: number }
  | { readonly kind: "connect" | "disconnect" | "sever" | "turn" | "wait" };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant("say" as const),
        repeatable: fc.boolean(),
        abortAfterTurns: fc.option(fc.nat(6), { nil: undefined }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("lease" as const),
        turns: fc.nat(5),
        end: fc.constantFrom("release" as const, "discard" as const, "twice" as const, "drop" as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("errand" as const), fails: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("limit" as const), limit: fc.integer({ min: 1, max: 4 }) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          "connect" as const,
          "disconnect" as const,
          "sever" as const,
          "turn" as const,
          "wait" as const,
        ),
      }),
    },
  ),
  { maxLength: 60 },
);

/** What may become of an operation in all this. */
const expected: readonly ErrorCode[] = [
  "aborted",
  "connection-lost",
  "connection-failed",
  "too-many-connections",
  "closed",
];

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await turn();
}

describe("whatever is done with a shared connection, in whatever order", () => {
  let server: EchoServer;
  const unhandled: unknown[] = [];
  const complain = (reason: unknown): void => void unhandled.push(reason);
  beforeAll(async () => {
    server = await startEchoServer();
    process.on("unhandledRejection", complain);
  });
  afterAll(async () => {
    process.off("unhandledRejection", complain);
    await server.close();
    expect(unhandled).toEqual([]);
  });

  it.each([
    ["multiplexed", Infinity, 1],
    ["exclusive", 1, 1],
    ["exclusive, three wires", 1, 3],
  ])(
    "every promise settles, no answer goes astray, and nothing is left: %s",
    async (_name, leasesPerWire, wires) => {
      await fc.assert(
        fc.asyncProperty(steps, (run) => live(run, leasesPerWire, wires)),
        { numRuns: 60, endOnFailure: true },
      );
    },
    60_000,
  );

  async function live(run: readonly Step[], leasesPerWire: number, wires: number): Promise<void> {
    server.limit = Infinity;
    const connection = new SharedConnection<EchoWire>({
      key: { endpoint: "model", identity: new Map() },
      connector: echoConnector(server, leasesPerWire),
      policy: connectionPolicy({
        connections: wires,
        backOffBaseMs: 1,
        backOffCapMs: 2,
        drainTimeoutMs: 30,
        probeAfterMs: 5,
      }),
    });
    const life = new AbortController();
    const held = new Set<EchoWire>();
    const outcomes: Promise<PromiseSettledResult<unknown>[]>[] = [];
    let said = 0;
    // Handled from the first moment on, so that what is unhandled is the library's.
    const note = (outcome: Promise<unknown>): void => void outcomes.push(Promise.allSettled([outcome]));
    for (const step of run) await take(step);
    const results = (await Promise.all(outcomes)).flat();
    server.limit = Infinity;
    // Whatever happened before, it serves again.
    expect(await say("the last word", life.signal, true)).toBe("the last word");
    expect(connection.report()).toMatchObject({ state: "ready" });
    await connection.close();
    for (const result of results) {
      if (result.status === "rejected") {
        if (!isTransportError(result.reason)) throw result.reason;
        expect(expected, result.reason.stack).toContain(result.reason.code);
      }
    }
    expect(getEventListeners(life.signal, "abort")).toEqual([]);
    expect(connection.report()).toMatchObject({ state: "closed", wiresOpen: 0 });
    while (server.open > 0) await turn();

    async function take(step: Step): Promise<void> {
      switch (step.kind) {
        case "say": {
          const control = new AbortController();
          const line = `line ${++said}`;
          const signal = step.abortAfterTurns === undefined ? life.signal : control.signal;
          note(say(line, signal, step.repeatable).then((answer) => expect(answer).toBe(line)));
          if (step.abortAfterTurns !== undefined) void turns(step.abortAfterTurns).then(() => control.abort());
          return;
        }
        case "lease":
          note(borrow(step.turns, step.end));
          return;
        case "errand":
          return connection.onNextWire(async (wire) => {
            await wire.say("errand");
            if (step.fails) throw new TransportError("not-found", "it is gone");
          });
        case "limit":
          server.limit = step.limit;
          return;
        case "connect":
          note(connection.connect(life.signal));
          return;
        case "disconnect":
          note(connection.disconnect());
          return;
        case "sever":
          return server.sever();
        case "turn":
          return await turn();
        case "wait":
          return await new Promise((resolve) => setTimeout(resolve, 3));
      }
    }

    function say(line: string, signal: AbortSignal, repeatable: boolean): Promise<string> {
      return connection.use({ operation: "say", signal, repeatable }, async (wire) => {
        if (leasesPerWire === 1) expect(held.has(wire), "an exclusive wire is lent twice").toBe(false);
        held.add(wire);
        try {
          return await wire.say(line);
        } finally {
          held.delete(wire);
        }
      });
    }

    async function borrow(count: number, end: "release" | "discard" | "twice" | "drop"): Promise<void> {
      const lease: Lease<EchoWire> = await connection.lease({ operation: "stream", signal: life.signal });
      if (leasesPerWire === 1) expect(held.has(lease.wire), "an exclusive wire is lent twice").toBe(false);
      held.add(lease.wire);
      lease.pause();
      await turns(count);
      lease.resume();
      held.delete(lease.wire);
      if (end === "drop") server.sever();
      if (end === "discard" || end === "drop") lease.discard(new TransportError("aborted", "given up in the middle"));
      lease.release();
      if (end === "twice") lease.release();
    }
  }
});
