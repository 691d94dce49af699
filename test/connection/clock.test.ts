import { describe, expect, it } from "vitest";

import { systemClock } from "../../src/connection/clock.ts";
import { Deadline } from "../../src/connection/deadline.ts";
import { pause } from "../../src/connection/pause.ts";
import { within } from "../../src/connection/within.ts";
import { fastClock } from "../../src/testing.ts";
import { ManualClock } from "./manual-clock.ts";

describe("the system's clock", () => {
  it("takes a limit that is longer than timers can be for none", async () => {
    const fired: string[] = [];
    const never = systemClock.timeout(Infinity, () => fired.push("Infinity"));
    systemClock.timeout(2 ** 31, () => fired.push("25 days"));
    await pause(systemClock, 20);
    never.hold();
    never.cancel();
    expect(fired).toEqual([]);
  });

  it("ends a pause when it is aborted, and takes no time for none", async () => {
    const control = new AbortController();
    const pausing = pause(systemClock, 60_000, control.signal);
    control.abort();
    await pausing;
    await pause(systemClock, 60_000, control.signal);
    await pause(systemClock, 0);
  });
});

describe("a fast clock", () => {
  it("lets every limit pass faster, in proportion", async () => {
    const clock = fastClock(1_000);
    const order: string[] = [];
    let ticks = 0;
    const [from, wallFrom] = [clock.now(), clock.wallNow()];
    const tick = clock.interval(10_000, () => ticks++);
    clock.timeout(40_000, () => order.push("later"));
    clock.timeout(20_000, () => order.push("sooner"));
    await pause(clock, 60_000);
    tick.cancel();
    expect(order).toEqual(["sooner", "later"]);
    expect(ticks).toBeGreaterThan(0);
    expect(clock.now() - from).toBeGreaterThanOrEqual(59_000);
    // The calendar goes with it: nothing looks like a machine that slept.
    expect(Math.abs(clock.wallNow() - wallFrom - (clock.now() - from))).toBeLessThan(5_000);
  });

  it.each([0, -1, Number.NaN, Infinity])("refuses %s for a factor", (factor) => {
    expect(() => fastClock(factor)).toThrow(RangeError);
  });
});

describe("a deadline", () => {
  it("stands still while somebody is asked, and goes on with what is left", async () => {
    const clock = new ManualClock();
    let over = false;
    const deadline = new Deadline(clock, 100, () => (over = true));
    await clock.pass(60);
    let answer!: () => void;
    const asked = deadline.pausedFor(() => new Promise<void>((resolve) => (answer = resolve)));
    await clock.pass(10_000);
    expect(over).toBe(false);
    answer();
    await asked;
    await clock.pass(39);
    expect(over).toBe(false);
    await clock.pass(2);
    expect(over).toBe(true);
  });

  it("that begins anew while it stands still begins once it goes on", async () => {
    const clock = new ManualClock();
    let over = false;
    const deadline = new Deadline(clock, 100, () => (over = true));
    let answer!: () => void;
    const asked = deadline.pausedFor(() => new Promise<void>((resolve) => (answer = resolve)));
    deadline.restart(50);
    await clock.pass(1_000);
    answer();
    await asked;
    await clock.pass(49);
    expect(over).toBe(false);
    await clock.pass(2);
    expect(over).toBe(true);
    deadline.cancel();
    expect(clock.pending).toBe(0);
  });
});

describe("what may take so long and no longer", () => {
  it("is what it settles with, or what was said for too late, and leaves no timer", async () => {
    const clock = new ManualClock();
    expect(await within(clock, 100, Promise.resolve("in time"), "late")).toBe("in time");
    await expect(within(clock, 100, Promise.reject(new Error("no")), "late")).rejects.toThrow("no");
    const waiting = within(clock, 100, new Promise<string>(() => undefined), "late");
    await clock.pass(100);
    expect(await waiting).toBe("late");
    expect(clock.pending).toBe(0);
  });
});
