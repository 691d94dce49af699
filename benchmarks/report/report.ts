import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { panelsOf } from "../picture/panels.ts";
import { picture } from "../picture/picture.ts";
import { readRecords } from "../record.ts";
import { withReports } from "./markdown.ts";

const docs = join(dirname(createRequire(import.meta.url).resolve("samewire/package.json")), "docs");

/**
 * Writes what the benchmarks measured last into docs/performance.md and docs/performance.svg, and says what it did. Smoke runs are passed over: they
 * measure nothing.
 */
export async function writeReport(say: (line: string) => void): Promise<void> {
  const records = await readRecords();
  const runs = records.filter(({ smoke }) => !smoke);
  for (const { name } of records.filter(({ smoke }) => smoke)) say(`${name}: passed over, it was a smoke run`);
  const document = join(docs, "performance.md");
  const { markdown, renewed, kept } = withReports(await readFile(document, "utf8"), runs);
  await writeFile(document, markdown);
  for (const name of renewed) say(`${name}: written into ${document}`);
  for (const name of kept) say(`${name}: left as it was, there is no run`);
  const panels = panelsOf(runs);
  if (panels.length === 0) return;
  const drawing = join(docs, "performance.svg");
  await writeFile(drawing, picture(panels));
  say(`${panels.length} comparisons drawn in ${drawing}`);
}
