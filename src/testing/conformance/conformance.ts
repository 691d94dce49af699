import assert from "node:assert/strict";

import { isTransportError } from "../../errors/transport-error.ts";
import type { Capabilities } from "../../transport/capabilities.ts";
import type { Transport } from "../../transport/transport.ts";
import { inCase } from "./case-context.ts";
import type { ConformanceCase, Need } from "./conformance-case.ts";
import { isMet } from "./conformance-case.ts";
import type { ConformanceSubject, TestRunner } from "./conformance-subject.ts";
import { refusals } from "./refusals.ts";
import { topics } from "./topics.ts";

/**
 * Turns the contract into tests of a subject and hands them to a test runner. What the subject's capabilities leave out is not skipped
 * in silence: one test for each missing capability says how many cases it leaves out, and asserts that its verbs reject.
 *
 * ```ts
 * import { describe, it } from "vitest";
 * import { conformance } from "samewire/testing";
 *
 * const open = async () => ({ url: `memory://${crypto.randomUUID()}/`, close: async () => {} });
 * conformance({ describe, it }, { name: "memory", open });
 * ```
 */
export function conformance(runner: TestRunner, subject: ConformanceSubject): void {
  runner.describe(`${subject.name} keeps the contract`, async () => {
    const known = await probe(subject);
    if (known.failure !== undefined) {
      runner.it("opens a directory", () => Promise.reject(known.failure));
      return;
    }
    const missing = new Map<Need, number>();
    for (const topic of topics) {
      const covered = topic.cases.filter((one) =>
        covers(known, [...(topic.needs ?? []), ...(one.needs ?? [])], missing),
      );
      if (covered.length > 0) define(runner, subject, known, topic.name, covered);
    }
    if (missing.size > 0) defineRefusals(runner, subject, known, missing);
  });
}

interface Known {
  readonly capabilities: Capabilities;
  readonly serverCounted: boolean;
  readonly failure?: undefined;
}

/** Asks for something once: what a server can do may only be known then. */
async function probe(subject: ConformanceSubject): Promise<Known | { readonly failure: Error }> {
  try {
    let known: Known | undefined;
    await inCase(subject, async ({ transport, hasServer }) => {
      await transport.has("");
      // Whether a service honours conditions it has not said before the first lock.
      if (transport.capabilities.lock === "condition") await tryLock(transport);
      known = { capabilities: { ...transport.capabilities }, serverCounted: hasServer };
    });
    assert.ok(known !== undefined);
    return known;
  } catch (error) {
    return { failure: error instanceof Error ? error : new Error(String(error)) };
  }
}

async function tryLock(transport: Transport): Promise<void> {
  try {
    await (await transport.lock("probe")).release();
  } catch (error) {
    if (!isTransportError(error, "unsupported")) throw error;
  }
}

/** Whether a case runs; if not, the first thing that it lacks is counted. */
function covers({ capabilities, serverCounted }: Known, needs: readonly Need[], missing: Map<Need, number>): boolean {
  const lacking = needs.find((need) => !isMet(need, capabilities, serverCounted));
  if (lacking === undefined) return true;
  missing.set(lacking, (missing.get(lacking) ?? 0) + 1);
  return false;
}

function define(
  runner: TestRunner,
  subject: ConformanceSubject,
  { capabilities }: Known,
  topic: string,
  cases: readonly ConformanceCase[],
): void {
  runner.describe(topic, () => {
    for (const { name, run } of cases) runner.it(name, () => inCase(subject, run, capabilities));
  });
}

function defineRefusals(
  runner: TestRunner,
  subject: ConformanceSubject,
  { capabilities }: Known,
  missing: ReadonlyMap<Need, number>,
): void {
  runner.describe("what it cannot do", () => {
    for (const [need, left] of missing) {
      const { name, run } = refusals[need];
      const out = `leaves out ${left} ${left === 1 ? "case" : "cases"}`;
      runner.it(`${need}: ${name} (${out})`, () => inCase(subject, run, capabilities));
    }
  });
}
