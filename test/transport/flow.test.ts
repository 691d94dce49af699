import { setTimeout as pause } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { Flow } from "../../src/transport/flow.ts";

/** Work that says how much of it is under way. */
class Work {
  now = 0;
  most = 0;
  readonly begun: number[] = [];

  async run(id: number, ms: number): Promise<void> {
    this.begun.push(id);
    this.most = Math.max(this.most, ++this.now);
    await pause(ms);
    this.now--;
  }
}

describe("Flow", () => {
  it("starts work in the order of the calls, no more than so many at a time", async () => {
    const [flow, work] = [new Flow({ maxFiles: 4 }), new Work()];
    const ids = Array.from({ length: 20 }, (_, id) => id);
    await Promise.all(ids.map((id) => flow.run(0, true, () => work.run(id, 1))));
    expect(work.begun).toEqual(ids);
    expect(work.most).toBe(4);
  });

  it("bounds the bytes in flight, and lets what is larger than all of them go alone", async () => {
    const [flow, work] = [new Flow({ maxBytes: 100 }), new Work()];
    const sizes = [60, 40, 1, 500, 1, 1];
    const together: number[] = [];
    await Promise.all(
      sizes.map((bytes, id) =>
        flow.run(bytes, false, async () => {
          const running = work.run(id, 5);
          if (bytes === 500) together.push(work.now);
          await running;
        }),
      ),
    );
    expect(together).toEqual([1]);
    expect(work.most).toBe(2);
  });

  it("goes on behind work that fails", async () => {
    const flow = new Flow({ maxFiles: 1 });
    const failing = flow.run(0, true, () => Promise.reject(new Error("no")));
    const next = flow.run(0, true, () => Promise.resolve("yes"));
    await expect(failing).rejects.toThrow("no");
    expect(await next).toBe("yes");
  });

  it("has more under way where the answers take as long whatever is under way, as over a long distance", async () => {
    const [flow, work] = [new Flow(), new Work()];
    await Promise.all(Array.from({ length: 1_500 }, (_, id) => flow.run(0, true, () => work.run(id, 40))));
    expect(work.most).toBeGreaterThan(128);
    expect(work.most).toBeLessThanOrEqual(256);
  });

  it("has fewer under way where each waits for the others, as at a server that is busy", async () => {
    const flow = new Flow({ maxFiles: 1_024 });
    const work = new Work();
    let line = Promise.resolve();
    const oneByOne = (id: number): Promise<void> => {
      const turn = line.then(() => pause(0.1));
      line = turn;
      return Promise.all([turn, work.run(id, 0)]).then(() => undefined);
    };
    let running = 0;
    let late = 0;
    await Promise.all(
      Array.from({ length: 600 }, (_, id) =>
        flow.run(0, true, async () => {
          running++;
          await oneByOne(id);
          if (id > 500) late = Math.max(late, running);
          running--;
        }),
      ),
    );
    expect(late).toBeLessThan(200);
  });
});
