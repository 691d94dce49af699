import { describe, expect, it } from "vitest";

import { Line } from "../../src/connection/line.ts";

interface One {
  readonly name: number;
}

describe("a line", () => {
  it("has those who came and did not leave, in their order, however they come and go", () => {
    const line = new Line<One>();
    const here = new Map<number, One>();
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
    for (let name = 0; name < 5_000; name++) {
      const one = { name };
      here.set(line.join(one), one);
      while (here.size > 0 && random(100) < 49) {
        const tickets = [...here.keys()];
        const ticket = tickets[random(4) === 0 ? random(tickets.length) : 0] as number;
        here.delete(ticket);
        expect(line.leave(ticket)).toBe(true);
        expect(line.leave(ticket)).toBe(false);
      }
      expect(line.size).toBe(here.size);
      expect(line.first).toBe(here.values().next().value);
    }
    expect([...line]).toEqual([...here.values()]);
  });

  it("that was cleared is as new, and knows none of the tickets from before", () => {
    const line = new Line<One>();
    const tickets = [0, 1, 2].map((name) => line.join({ name }));
    line.clear();
    expect(line).toMatchObject({ size: 0, first: undefined });
    const later = { name: 3 };
    line.join(later);
    expect(tickets.map((ticket) => line.leave(ticket))).toEqual([false, false, false]);
    expect([...line]).toEqual([later]);
  });

  it("can be left by those who are being told", () => {
    const line = new Line<One>();
    const tickets = new Map([0, 1, 2].map((name) => ({ name })).map((one) => [one, line.join(one)]));
    const told: number[] = [];
    for (const one of line) {
      told.push(one.name);
      line.leave(tickets.get(one) as number);
    }
    expect(told).toEqual([0, 1, 2]);
    expect(line.size).toBe(0);
  });
});
