import { describe, expect, it } from "vitest";

import { matrixClock } from "./matrix-clock.ts";
import { pace } from "./pace.ts";
import { elapsed } from "./settle.ts";

describe("the clock of the fault matrix", () => {
  it("calls whoever is due, in order, and nobody who has cancelled", async () => {
    const called: string[] = [];
    matrixClock.timeout(400, () => called.push("late"));
    const first = matrixClock.timeout(200, () => {
      called.push("first");
      second.cancel();
    });
    const second = matrixClock.timeout(201, () => called.push("cancelled"));
    await elapsed(600);
    first.cancel();
    expect(called).toEqual(["first", "late"]);
  });

  it("calls again and again, until that is cancelled, also by who is called", async () => {
    let calls = 0;
    const timer = matrixClock.interval(100, () => ++calls === 3 && timer.cancel());
    await elapsed(1_000);
    expect(calls).toBe(3);
  });

  it("stands still while the process has no turn", async () => {
    const waiting = matrixClock.timeout(1_000_000, () => undefined);
    await elapsed(100);
    const before = matrixClock.now();
    const until = performance.now() + 300;
    while (performance.now() < until);
    expect(matrixClock.now()).toBe(before);
    await elapsed(1);
    expect(matrixClock.now() - before).toBeLessThan((300 * pace) / 2);
    waiting.cancel();
  });
});
