import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";

import { systemClock } from "../../src/connection/clock.ts";
import { LocalPermits } from "../../src/connection/local-permits.ts";
import type { PermitStore } from "../../src/connection/permit-store.ts";
import { RedisConnection } from "../../src/drivers/redis-connection.ts";
import { RedisPermits } from "../../src/drivers/redis-permits.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { RedisServer } from "../servers/redis.ts";
import { startRedis } from "../servers/redis.ts";

type Step =
  | { readonly kind: "take"; readonly id: string }
  | { readonly kind: "renew"; readonly holder: string }
  | { readonly kind: "release"; readonly id: string; readonly refused: boolean };

const holders = ["ann", "joe", "eve"] as const;
const holder = fc.constantFrom(...holders);
const id = fc.tuple(holder, fc.integer({ min: 1, max: 3 })).map(([name, number]) => `${name}.${number}`);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("take" as const), id }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("renew" as const), holder }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("release" as const), id, refused: fc.boolean() }) },
  ),
  { maxLength: 30 },
);

/** What a store answers, as it would to whoever asks; what depends on its own clock is left out. */
async function answers(store: PermitStore, key: string, run: readonly Step[], limit: number): Promise<unknown[]> {
  const arrivals = new Map<string, number>();
  const all: unknown[] = [];
  const times = { permitMs: 600_000, placeMs: 600_000 };
  for (const step of run) {
    if (step.kind === "take") {
      const answer = await store.take(key, { id: step.id, limit, arrival: arrivals.get(step.id) ?? 0, ...times });
      if (answer.granted) arrivals.delete(step.id);
      else arrivals.set(step.id, answer.arrival);
      all.push([step, answer.granted, answer.granted ? 0 : answer.ahead]);
    } else if (step.kind === "renew") {
      const ids = [1, 2, 3].map((number) => `${step.holder}.${number}`);
      // Only what is there: what was forgotten comes back in Redis alone, where it can be forgotten.
      const held = all.length === 0 ? [] : ids.filter((each) => heldAfter(all, each));
      const answer = await store.renew(key, { holder: step.holder, limit, permitMs: 600_000, ids: held });
      all.push([step, { ...answer, fewest: answer.waiting === 0 ? 0 : answer.fewest }]);
    } else {
      arrivals.delete(step.id);
      await store.release(key, { ids: [step.id], refusedForMs: step.refused ? 600_000 : 0 });
      all.push([step]);
    }
  }
  return all;
}

/** Whether an id has a permit, by what was answered so far. */
function heldAfter(all: readonly unknown[], each: string): boolean {
  const about = (all as [Step, boolean?][]).filter(([step]) => step.kind !== "renew" && step.id === each).at(-1);
  return about?.[0].kind === "take" && about[1] === true;
}

let redis: RedisServer;
beforeAll(async () => {
  if (hasProgram("redis")) redis = await startRedis();
});
afterAll(() => redis?.stop());

it.runIf(hasProgram("redis"))(
  titleNeeding("redis", "Redis and this process count alike, whatever is asked in whatever order"),
  async () => {
    const connection = new RedisConnection(redis.url);
    const stores = [new LocalPermits(systemClock), new RedisPermits(connection, "redis:")] as const;
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (run, limit) => {
        const key = `run ${++runs}`;
        const [here, there] = await Promise.all(stores.map((store) => answers(store, key, run, limit)));
        expect(there).toEqual(here);
        const granted = holders.flatMap((name) =>
          [1, 2, 3].filter((number) => heldAfter(here ?? [], `${name}.${number}`)),
        );
        expect(granted.length).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 150 },
    );
    connection.close();
  },
);
