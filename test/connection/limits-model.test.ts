import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { PolicyOptions } from "../../src/connection/policy.ts";
import { connectionPolicy } from "../../src/connection/policy.ts";
import { localWireLimit } from "../../src/connection/rationed-limit.ts";
import { SharedConnection } from "../../src/connection/shared-connection.ts";
import { isTransportError } from "../../src/errors/transport-error.ts";
import { ManualClock } from "./manual-clock.ts";
import type { ScriptedWire } from "./scripted-wire.ts";
import { ScriptedServer } from "./scripted-wire.ts";

const blackHoles = ["resolve", "connect", "handshake", "authenticate", "session", undefined] as const;

type Step =
  | { readonly kind: "ask"; readonly abortAfterMs: number | undefined; readonly repeatable: boolean }
  | { readonly kind: "stream"; readonly heldMs: number; readonly pauses: boolean }
  | { readonly kind: "pass" | "sleep" | "sleepWithNow" | "setWall"; readonly ms: number }
  | { readonly kind: "answers"; readonly ms: number }
  | { readonly kind: "blackHole"; readonly phase: (typeof blackHoles)[number] }
  | { readonly kind: "full"; readonly full: boolean }
  | { readonly kind: "connect" | "disconnect" | "sever" | "pin" };

const some = <T extends Step>(weight: number, arbitrary: fc.Arbitrary<T>): fc.WeightedArbitrary<Step> => ({
  weight,
  arbitrary,
});

/** From moments to hours, the limits among them. */
const spans = fc.oneof(fc.nat(100), fc.nat(30_000), fc.constantFrom(15_001, 20_001, 60_001, 120_001, 3_600_000));

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    some(
      8,
      fc.record({
        kind: fc.constant("ask" as const),
        abortAfterMs: fc.option(fc.nat(40_000), { nil: undefined }),
        repeatable: fc.boolean(),
      }),
    ),
    some(3, fc.record({ kind: fc.constant("stream" as const), heldMs: fc.nat(200_000), pauses: fc.boolean() })),
    some(8, fc.record({ kind: fc.constant("pass" as const), ms: spans })),
    some(2, fc.record({ kind: fc.constantFrom("sleep" as const, "sleepWithNow" as const), ms: fc.nat(7_200_000) })),
    some(1, fc.record({ kind: fc.constant("setWall" as const), ms: fc.integer({ min: -7_200_000, max: 7_200_000 }) })),
    some(3, fc.record({ kind: fc.constant("answers" as const), ms: fc.constantFrom(5, 5, 5_000, 30_000, Infinity) })),
    some(1, fc.record({ kind: fc.constant("blackHole" as const), phase: fc.constantFrom(...blackHoles) })),
    some(1, fc.record({ kind: fc.constant("full" as const), full: fc.boolean() })),
    some(
      4,
      fc.record({ kind: fc.constantFrom("connect" as const, "disconnect" as const, "sever" as const, "pin" as const) }),
    ),
  ),
  { maxLength: 40 },
);

/** Limits as somebody might set them. Those that are looked at as often as they are short are not as short as they could be. */
const limit = (defaultMs: number): fc.Arbitrary<number | undefined> =>
  fc.option(fc.constantFrom(0, 10, 1_000, defaultMs), { nil: undefined });
const looked = (defaultMs: number): fc.Arbitrary<number | undefined> =>
  fc.option(fc.constantFrom(4_000, defaultMs), { nil: undefined });

const policies: fc.Arbitrary<PolicyOptions> = fc.record({
  leaseTimeoutMs: looked(120_000),
  silenceTimeoutMs: looked(60_000),
  idleTimeoutMs: looked(60_000),
  checkAfterIdleMs: limit(15_000),
  checkTimeoutMs: limit(10_000),
  keepaliveIntervalMs: looked(20_000),
  drainTimeoutMs: limit(5_000),
  deadlockAfterMs: looked(10_000),
  closeTimeoutMs: limit(2_000),
  backOffBaseMs: looked(100),
  backOffCapMs: looked(10_000),
  probeAfterMs: limit(30_000),
});

/** Longer than anything may take: a wait for a lease, a connect, an operation, all of that again, and an end. */
const longEnoughMs = 2 * (120_000 + 30_000 + 60_000 + 10_000) + 100_000;

describe("whatever happens to a shared connection, by limits as they are and as they may be set", () => {
  const unhandled: unknown[] = [];
  const complain = (reason: unknown): void => void unhandled.push(reason);
  beforeAll(() => void process.on("unhandledRejection", complain));
  afterAll(() => {
    process.off("unhandledRejection", complain);
    expect(unhandled).toEqual([]);
  });

  it.each([
    ["multiplexed", Infinity, 1, undefined],
    ["exclusive", 1, 1, undefined],
    ["exclusive, three wires", 1, 3, undefined],
    ["exclusive, three wires, of which two are permitted", 1, 3, 2],
  ])(
    "every promise settles within its limits, and nothing is left: %s",
    async (_name, leasesPerWire, wires, limit) => {
      await fc.assert(
        fc.asyncProperty(steps, policies, (run, policy) =>
          live(run, { ...policy, connections: wires }, { leasesPerWire, limit }),
        ),
        { numRuns: 50, endOnFailure: false },
      );
    },
    120_000,
  );
});

interface Rules {
  readonly leasesPerWire: number;
  /** Wires at most, where they are counted beside. */
  readonly limit: number | undefined;
}

async function live(run: readonly Step[], policy: PolicyOptions, { leasesPerWire, limit }: Rules): Promise<void> {
  const clock = new ManualClock();
  const server = new ScriptedServer(clock);
  const connection = new SharedConnection<ScriptedWire>({
    key: { endpoint: "limits", identity: new Map() },
    connector: server.connector(leasesPerWire),
    policy: connectionPolicy({
      ...policy,
      clock,
      wireLimit: limit === undefined ? undefined : localWireLimit({ limit, clock }),
    }),
  });
  const open = new Map<string, number>();
  const failures: unknown[] = [];
  let operations = 0;
  let pinned = false;

  const note = (what: string, outcome: Promise<unknown>): void => {
    const name = `${what} ${++operations}`;
    open.set(name, clock.now());
    outcome
      .catch((error: unknown) => {
        if (!isTransportError(error)) failures.push(error);
      })
      .finally(() => open.delete(name));
  };

  for (const step of run) await take(step);
  server.answerMs = 5;
  await clock.pass(longEnoughMs);
  expect(failures).toEqual([]);
  expect([...open.keys()], "promises that do not settle").toEqual([]);
  // Whatever happened before, it serves again.
  server.full = false;
  server.blackHole = undefined;
  let served = false;
  note(
    "last",
    ask(false).then(() => (served = true)),
  );
  await clock.pass(60_000);
  expect([...open.keys()]).toEqual([]);
  expect(served, "whether it serves again").toBe(true);
  const { opened } = server;
  await clock.pass(600_000);
  // One that is pinned stays where it has time to answer a question, and one that nobody needs does not.
  const stays = pinned && policy.checkTimeoutMs !== 0;
  expect({ state: connection.state, opened: server.opened }).toEqual({ state: stays ? "ready" : "idle", opened });
  expect(connection.report()).toMatchObject({ pinned, wiresOpen: server.open.size });
  note("close", connection.close());
  await clock.pass(10_000);
  expect([...open.keys()]).toEqual([]);
  expect(server.open.size).toBe(0);
  if (leasesPerWire === 1) expect(server.besides, "questions beside another on a wire that takes one").toBe(0);
  expect(clock.pending, "timers that are left").toBe(0);

  async function take(step: Step): Promise<void> {
    switch (step.kind) {
      case "ask": {
        const control = new AbortController();
        if (step.abortAfterMs !== undefined) clock.timeout(step.abortAfterMs, () => control.abort());
        return note("ask", ask(step.repeatable, control.signal));
      }
      case "stream":
        return note("stream", stream(step.heldMs, step.pauses));
      case "pass":
        return await clock.pass(step.ms);
      case "sleep":
        return clock.sleep(step.ms);
      case "sleepWithNow":
        return clock.sleep(step.ms, { nowGoesOn: true });
      case "setWall":
        return clock.setWall(step.ms);
      case "answers":
        server.answerMs = step.ms;
        return;
      case "blackHole":
        server.blackHole = step.phase;
        return;
      case "full":
        server.full = step.full;
        return;
      case "connect":
        return note("connect", connection.connect());
      case "disconnect":
        return note("disconnect", connection.disconnect());
      case "sever":
        return server.sever();
      case "pin":
        pinned = true;
        return connection.pin();
    }
  }

  function ask(repeatable: boolean, signal?: AbortSignal): Promise<void> {
    return connection.use({ operation: "ask", repeatable, signal }, async (wire) => {
      taken(wire, "ask");
      try {
        await wire.ask();
      } finally {
        wire.user = undefined;
      }
    });
  }

  async function stream(heldMs: number, pauses: boolean): Promise<void> {
    const lease = await connection.lease({ operation: "stream" });
    taken(lease.wire, "stream");
    if (pauses) lease.pause();
    await new Promise<void>((resolve) => clock.timeout(heldMs, resolve));
    lease.wire.user = undefined;
    lease.release();
  }

  function taken(wire: ScriptedWire, user: string): void {
    if (leasesPerWire !== 1) return;
    if (wire.user !== undefined) failures.push(new Error(`an exclusive wire is lent to ${user} and ${wire.user}`));
    wire.user = user;
  }
}
