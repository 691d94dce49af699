import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import type { AfterLoss, RepetitionRequest, RepetitionRow } from "../../src/transport/repetition.ts";
import { isRepeated, repetition } from "../../src/transport/repetition.ts";
import { embeddedDav } from "./embedded-dav.ts";
import { embeddedFtp } from "./embedded-ftp.ts";
import { embeddedS3 } from "./embedded-s3.ts";
import { embeddedSftp } from "./embedded-sftp.ts";
import { casesFor } from "./test-rows.ts";

const words: Readonly<Record<string, AfterLoss>> = { repeated: "repeat", "looked at": "look", reported: "report" };

/** Rows whose tests are of another form: locks.test.ts, under-way.test.ts. */
const elsewhere: ReadonlySet<RepetitionRequest> = new Set<RepetitionRequest>([
  "a read that has begun",
  "a write stream that is open",
  "lock",
  "lockInfo",
  "breakLock",
  "lock, its release",
]);

function documented(): Record<string, RepetitionRow> {
  const text = readFileSync(new URL("../../docs/repetition.md", import.meta.url), "utf8");
  const [, table = ""] = text.split("## The table");
  const rows: Record<string, RepetitionRow> = {};
  for (const line of table.split("\n").filter((one) => /^\| (?!request|---)/.test(one))) {
    const [request = "", unsent = "", unanswered = ""] = line.slice(2).split(" | ");
    rows[request] = { unsent: word(unsent), unanswered: word(unanswered) };
  }
  return rows;
}

function word(text: string): AfterLoss {
  return words[text] ?? expect.unreachable(`${text} is none of ${Object.keys(words).join(", ")}`);
}

describe("the table of repetition", () => {
  it("is in the docs what it is in the code, row by row and in the same order", () => {
    expect(documented()).toEqual(repetition);
    expect(Object.keys(documented())).toEqual(Object.keys(repetition));
  });

  it("has a test for each row", () => {
    const tested = new Set(
      [embeddedSftp, embeddedFtp, embeddedDav, embeddedS3].flatMap((subject) =>
        casesFor(subject).map(({ row }) => row),
      ),
    );
    const rows = Object.keys(repetition) as RepetitionRequest[];
    expect(rows.filter((row) => !tested.has(row) && !elsewhere.has(row))).toEqual([]);
    expect([...elsewhere].filter((row) => tested.has(row))).toEqual([]);
  });

  it("repeats nothing by itself that could be done twice", () => {
    const once: readonly RepetitionRequest[] = [
      "append",
      "mkdir",
      "symlink",
      "hardlink",
      "delete",
      "rmdir",
      "rename",
      "lock",
    ];
    for (const row of once) expect(isRepeated(row), row).toBe(false);
  });
});
