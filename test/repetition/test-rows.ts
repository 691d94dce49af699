import { describe, expect, it } from "vitest";

import { isTempName, isTransportError } from "../../src/index.ts";
import { contentRows } from "./content-rows.ts";
import { nameRows } from "./name-rows.ts";
import { readingRows } from "./reading-rows.ts";
import type { RepetitionSite, RepetitionSubject } from "./repetition-site.ts";
import type { RowCase } from "./row-case.ts";
import { caseKey } from "./row-case.ts";

const rowCases: readonly RowCase[] = [...readingRows, ...contentRows, ...nameRows];

/** Rows that a site can be cut at. */
export function casesFor({ steps, leftOut = [] }: RepetitionSubject): readonly RowCase[] {
  return rowCases.filter((one) => steps[one.when].has(one.step) && !leftOut.includes(caseKey(one)));
}

/** Tests every row of the table that concerns a subject. */
export function testRows(subject: RepetitionSubject, cases: readonly RowCase[] = casesFor(subject)): void {
  describe(`a lost connection: ${subject.name}`, () => {
    it.each(cases.map((one) => [caseKey(one), one] as const))("%s", async (key, one) => {
      const site = await subject.open();
      try {
        await examine(site, { ...one, ...subject.otherwise?.[key] });
      } finally {
        await site.close();
      }
    });
  });
}

async function examine(site: RepetitionSite, one: RowCase): Promise<void> {
  const { step, when, outcome } = one;
  await one.prepare?.(site);
  const before = site.count(step);
  const work = site.cut(
    step,
    when,
    () => one.run(site),
    () => one.happened(site),
  );
  const [settled] = await Promise.allSettled([work]);
  if (outcome === "resolves") {
    if (settled.status === "rejected") throw settled.reason;
    if (one.value !== undefined) expect(settled.value).toEqual(one.value);
  } else {
    const error: unknown = settled.status === "rejected" ? settled.reason : expect.unreachable("it resolved");
    if (!isTransportError(error)) throw error;
    expect(error.message).toContain("[connection-lost]");
    expect(error).toMatchObject({ code: "connection-lost", temporary: true });
    expect(outcome.split(" or ")).toContain(error.effect);
  }
  if (one.sent !== undefined && before !== undefined) expect((site.count(step) ?? 0) - before).toBe(one.sent);
  // The next operation works, and whatever was left behind is gone.
  expect(await site.transport.has("nothing of that name")).toBe(false);
  await expect
    .poll(async () => (await site.names()).filter((name) => isTempName(name.split("/").at(-1) ?? "")))
    .toEqual([]);
  expect(await everything(site)).toEqual(one.left);
}

/** All that is there: files with their content, directories with a slash and nothing. */
async function everything(site: RepetitionSite): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await site.names()) {
    const content = await site.content(name);
    if (content === undefined) found[`${name}/`] = "";
    else found[name] = content;
  }
  return found;
}
