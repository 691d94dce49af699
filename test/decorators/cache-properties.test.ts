import type { Transport } from "samewire";
import { cache, getTransport, isTransportError } from "samewire";
import fc from "fast-check";
import { expect, it } from "vitest";

import { bytesOf, collect } from "../../src/testing/conformance/content.ts";
import { ManualClock } from "../connection/manual-clock.ts";
import { longAgo } from "./cached.ts";

/** Few names, so that steps meet on the same files, some of them by way of links. */
const path = fc.constantFrom("a", "b", "dir", "dir/a", "dir/b", "link", "link/a", "./a");
/** All of one length, and mostly of one time: little to tell them by. */
const content = fc.constantFrom("one", "two", "six");
const mtime = fc.constantFrom(undefined, longAgo, longAgo);

type Step = (transport: Transport) => Promise<unknown>;

const reading = fc.oneof(
  path.map(
    (at): Step =>
      (transport) =>
        transport.getBytes(at).then(String),
  ),
  path.map(
    (at): Step =>
      async (transport) =>
        String(await bytesOf(await transport.get(at))),
  ),
  path.map(
    (at): Step =>
      (transport) =>
        transport.getBytes(at, { offset: 1 }).then(String),
  ),
  path.map(
    (at): Step =>
      async (transport) =>
        (await collect(transport.readv(at, [{ offset: 2, length: 1 }]))).map(String),
  ),
  path.map(
    (at): Step =>
      (transport) =>
        transport.has(at),
  ),
  fc.tuple(path, fc.boolean()).map(([at, followLinks]): Step => async (transport) => {
    const { type, sizeBytes, mode } = await transport.stat(at, { followLinks });
    return { type, sizeBytes, mode };
  }),
  path.map(
    (at): Step =>
      async (transport) =>
        (await collect(transport.list(at)))
          .map((entry) => `${entry.path} ${entry.stat?.type} ${entry.stat?.sizeBytes}`)
          .toSorted(),
  ),
);

const changing = fc.oneof(
  fc.tuple(path, content, mtime).map(
    ([at, text, time]): Step =>
      (transport) =>
        transport.put(at, text, time === undefined ? {} : { mtime: time }),
  ),
  fc.tuple(path, content).map(
    ([at, text]): Step =>
      (transport) =>
        transport.put(at, text, { atomic: false }),
  ),
  fc.tuple(path, content).map(
    ([at, text]): Step =>
      (transport) =>
        transport.append(at, text),
  ),
  fc.tuple(path, content).map(([at, text]): Step => async (transport) => {
    const stream = await transport.openWriteStream(at);
    await new Promise<void>((resolve) => stream.end(text, resolve));
  }),
  path.map(
    (at): Step =>
      (transport) =>
        transport.mkdir(at),
  ),
  path.map(
    (at): Step =>
      (transport) =>
        transport.delete(at),
  ),
  path.map(
    (at): Step =>
      (transport) =>
        transport.deleteTree(at),
  ),
  fc.tuple(path, path).map(
    ([from, to]): Step =>
      (transport) =>
        transport.rename(from, to),
  ),
  fc.tuple(path, path).map(
    ([from, to]): Step =>
      (transport) =>
        transport.move(from, to),
  ),
  fc.tuple(path, path).map(
    ([from, to]): Step =>
      (transport) =>
        transport.copy(from, to),
  ),
  fc.tuple(path, path).map(
    ([from, to]): Step =>
      (transport) =>
        transport.hardlink(from, to),
  ),
  fc.constantFrom("dir", "a").map(
    (to): Step =>
      (transport) =>
        transport.symlink(to, "link"),
  ),
  path.map(
    (at): Step =>
      (transport) =>
        transport.setAttributes(at, { mtime: longAgo }),
  ),
);

/** What came of a step; of several at once, of each. */
async function outcome(step: Step, transport: Transport): Promise<unknown> {
  try {
    return await step(transport);
  } catch (error) {
    if (isTransportError(error)) return error.code;
    throw error;
  }
}

async function furnish(transport: Transport): Promise<void> {
  for (const at of ["a", "b", "dir/a"]) await transport.put(at, "one", { createParents: true, mtime: longAgo });
  await transport.symlink("dir", "link");
}

it("whatever is done through a cache has the answers that it has without one, however long they are believed", async () => {
  const steps = fc.array(fc.oneof(fc.array(reading, { minLength: 1, maxLength: 4 }), changing), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const plain = getTransport("memory:///");
      const clock = new ManualClock();
      const transport = cache(getTransport("memory:///"), { maxAgeMs: 1e9, contentMaxAgeMs: 1e9, clock });
      await furnish(plain);
      await furnish(transport);
      const clone = transport.clone("dir").clone("..");
      for (const [number, step] of all.entries()) {
        const by = number % 3 === 0 ? clone : transport;
        const together = Array.isArray(step) ? step : [step];
        const found = await Promise.all(together.map((one) => outcome(one, by)));
        expect(found).toEqual(await Promise.all(together.map((one) => outcome(one, plain))));
      }
    }),
    { numRuns: 80 },
  );
});

it("whatever others do is seen in contents at once, and in all else where nothing is believed", async () => {
  const steps = fc.array(
    fc.oneof(
      reading.map((step) => ({ step, others: false })),
      fc.tuple(path, content).map(([at, text]) => ({
        step: (transport: Transport) => transport.put(at, text),
        others: true,
      })),
      path.map((at) => ({ step: (transport: Transport) => transport.delete(at), others: true })),
    ),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const plain = getTransport("memory:///");
      const transport = cache(plain, { maxAgeMs: 0, clock: new ManualClock() });
      await furnish(plain);
      for (const { step, others } of all) {
        if (others) await outcome(step, plain);
        else expect(await outcome(step, transport)).toEqual(await outcome(step, plain));
      }
    }),
    { numRuns: 80 },
  );
});
