import { expect, it } from "vitest";

import { BackOff } from "../../src/connection/back-off.ts";
import { ManualClock } from "./manual-clock.ts";

it.each([
  [0, 0],
  [100, 10_000],
  [100, 0],
])("a pause is a number, however often a connect failed: %s ms at first, %s at most", (baseMs, capMs) => {
  const backOff = new BackOff(new ManualClock(), baseMs, capMs);
  expect(backOff.pauseMs()).toBe(0);
  for (let failures = 0; failures < 3_000; failures++) {
    backOff.failed();
    const pauseMs = backOff.pauseMs();
    expect(pauseMs).toBeGreaterThanOrEqual(0);
    expect(pauseMs).toBeLessThanOrEqual(capMs);
  }
  backOff.succeeded();
  expect(backOff.pauseMs()).toBe(0);
});
