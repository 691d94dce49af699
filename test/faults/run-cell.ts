import { getEventListeners } from "node:events";
import { inspect } from "node:util";

import { expect } from "vitest";

import type { Transport } from "../../src/index.ts";
import { TransportScope, isTransportError } from "../../src/index.ts";
import type { Witness } from "../bad-day/witness.ts";
import type { Cell } from "./cell.ts";
import type { Ending } from "./ending.ts";
import { settlesWithinMs } from "./ending.ts";
import type { Fault } from "./fault.ts";
import { until, within } from "./settle.ts";
import type { FaultSite, Stage } from "./site.ts";
import { WatchedClock } from "./watched-clock.ts";

/** From nothing to what comes after a fault, and back to nothing: a connect, some round trips, a pause before a second attempt. */
const recoveryMs = 60_000;

/**
 * Lets one fault strike in the middle of one act, and asserts all that a cell promises: the act settles within its limit, in what it must end in; the next operation
 * succeeds once the fault is gone; another clone of the transport is not harmed; nothing is left.
 */
export async function runCell<S extends Stage>(cell: Cell<S>, site: FaultSite<S>, witness: Witness): Promise<void> {
  const stage = await site.open();
  const scope = new TransportScope();
  const clock = new WatchedClock();
  try {
    const transport = scope.getTransport(stage.url, {
      logger: witness.logger,
      clock,
      ...stage.options,
      ...cell.act.options,
    });
    const sibling = transport.clone();
    await strikeDuring(cell, stage, transport, sibling, witness);
    await within(recoveryMs, "what comes after the fault", stage.works(transport, "after"));
    await within(recoveryMs, "what a clone does after the fault", stage.works(sibling, "beside"));
    await until("there are no more wires than asked for", () => stage.wedge.open <= site.wires);
    await within(settlesWithinMs.closing, "disconnect()", transport.disconnect());
    if (site.closedBy === "scope") await scope.close();
    await until("nobody is connected any more", () => stage.wedge.open === 0 && stage.left() === 0);
    await until("no timer is left", () => clock.timers === 0);
  } finally {
    await scope.close();
    witness.hear(scope.report());
    await stage.close();
  }
}

async function strikeDuring<S extends Stage>(
  { act, fault, ending }: Cell<S>,
  stage: S,
  transport: Transport,
  sibling: Transport,
  witness: Witness,
): Promise<void> {
  const limitMs = settlesWithinMs[act.manner];
  const connects = act.manner === "connecting";
  const { before = connects ? doNothing : (used: Transport): Promise<unknown> => used.has("nothing") } = act;
  await within(recoveryMs, "what comes before the fault", before(transport));
  const striker = act.striker?.(stage) ?? stage.wedge;
  let beside: Promise<unknown> | undefined;
  let strikes = 0;
  let armed = true;
  // A wire that a clone uses is not idle.
  const nobodyElse = act.manner === "closing" || act.manner === "idling";
  const strike = (): void => {
    if (!armed || (strikes > 0 && !connects)) return;
    if (strikes++ === 0 && !nobodyElse) beside = failureOf(sibling.has("nothing"));
    void striker.strike(fault);
  };
  const control = new AbortController();
  await act.arm(stage, strike);
  if (act.manner === "idling") beside = failureOf(sibling.has("nothing"));
  const failure = await within(limitMs, act.name, failureOf(act.run(transport, { signal: control.signal })));
  expect(strikes, "the fault has not struck").toBeGreaterThan(0);
  judge(failure, ending, witness);
  await until("nobody listens to the signal", () => getEventListeners(control.signal, "abort").length === 0);
  judgeClone(await within(2 * limitMs, "the operation of a clone", beside ?? Promise.resolve()), fault, witness);
  if (act.happened !== undefined) judgeTruth(failure, await act.happened(stage));
  armed = false;
  await striker.heal();
  stage.wedge.heal();
}

function judge(failure: unknown, ending: Ending, witness: Witness): void {
  if (ending === "succeeds") return expect(failure).toBeUndefined();
  witness.hear(failure);
  if (!isTransportError(failure)) return expect.unreachable(`no TransportError: ${inspect(failure)}`);
  const { fails, effect, temporary } = ending;
  expect([fails].flat(), failure.message).toContain(failure.code);
  expect(failure.effect, failure.message).toBe(effect);
  if (temporary !== undefined) expect(failure.temporary, failure.message).toBe(temporary);
}

/** All that may happen to the operation of a clone is that it loses the wire, too. */
function judgeClone(failure: unknown, fault: Fault, witness: Witness): void {
  if (failure === undefined) return;
  witness.hear(failure);
  if (fault === "delay") expect(failure, "the operation of a clone").toBeUndefined();
  if (!isTransportError(failure)) return expect.unreachable(`a clone: no TransportError: ${inspect(failure)}`);
  const codes = [
    "connection-failed",
    "connection-lost",
    "too-many-connections",
    "timeout",
    "protocol-error",
    "tls-failed",
  ];
  expect(codes, `a clone: ${failure.message}`).toContain(failure.code);
  expect(failure.effect, `a clone: ${failure.message}`).toBe("none");
}

/** What is said of the effect is true. */
function judgeTruth(failure: unknown, happened: boolean): void {
  if (failure === undefined) expect(happened, "it has succeeded, and nothing has happened").toBe(true);
  if (!isTransportError(failure) || failure.effect === "unknown") return;
  expect(happened, `"${failure.effect}" is what is said of the effect`).toBe(failure.effect === "done");
}

const doNothing = (): Promise<void> => Promise.resolve();

/** What an operation fails with; undefined where it succeeds. */
async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (reason: unknown) => reason ?? new Error("it failed with nothing"),
  );
}
