import { afterEach, describe, expect, it, vi } from "vitest";

import { bytesText, countText, durationText, filesText } from "../../src/cli/format-amounts.ts";
import { Messages } from "../../src/cli/messages.ts";
import { parseCommandLine } from "../../src/cli/parse-command-line.ts";
import { Progress } from "../../src/cli/progress.ts";
import { liveText, progressText, summaryText } from "../../src/cli/progress-text.ts";
import { Report } from "../../src/cli/report.ts";
import type { TreeProgress } from "../../src/operations/tree-options.ts";

const MiB = 1024 * 1024;
const nothing = { files: 0, bytes: 0, failures: 0 };
const half: TreeProgress = {
  files: 617,
  bytes: 2.5 * MiB,
  filesKnown: 1234,
  bytesKnown: 5 * MiB,
  listed: true,
  bytesPerSecond: 2.2 * MiB,
  remainingMs: 1_200,
  failures: 0,
};

describe("amounts", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [10 * 1024, "10 KiB"],
    [1024 * 1024 - 1, "1.0 MiB"],
    [1.5 * MiB, "1.5 MiB"],
    [2 ** 60, "1.0 EiB"],
    [2 ** 71, "2048 EiB"],
  ])("%i bytes are %s", (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  it.each([
    [0, "0 ms"],
    [99, "99 ms"],
    [100, "0.1 s"],
    [9_949, "9.9 s"],
    [9_950, "10 s"],
    [59_700, "1 min 00 s"],
    [125_000, "2 min 05 s"],
    [3_600_000, "1 h 00 min"],
  ])("%i ms are %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  it("are grouped by thousands, and one is one", () => {
    expect([1, 999, 1_000, 1_234_567].map(countText)).toEqual(["1", "999", "1,000", "1,234,567"]);
    expect([0, 1, 2].map(filesText)).toEqual(["0 files", "1 file", "2 files"]);
  });
});

describe("progress", () => {
  it("says how much of what, how fast, and how long still", () => {
    expect(progressText(half, nothing)).toBe("617 of 1,234 files, 2.5 MiB of 5.0 MiB, 2.2 MiB/s, 2 s left");
    expect(progressText({ ...half, failures: 3 }, { files: 6, bytes: MiB, failures: 1 })).toBe(
      "623 of 1,240 files, 3.5 MiB of 6.0 MiB, 2.2 MiB/s, 2 s left; 4 failed",
    );
  });

  it("does not promise an end while more is being found", () => {
    const { remainingMs: _unknown, ...rest } = half;
    expect(progressText({ ...rest, listed: false, remainingMs: undefined }, nothing)).toBe(
      "617 of 1,234 files so far, 2.5 MiB of 5.0 MiB, 2.2 MiB/s",
    );
  });

  it("has a bar on a terminal that is wide enough, and never a second line", () => {
    expect(liveText(half, nothing, 120)).toMatch(/^\[#{5}-{5}\] {2}50 % {2}617 of/);
    expect(liveText(half, nothing, 80)).toMatch(/^617 of/);
    for (const width of [1, 20, 79, 80, 81, 120])
      expect(liveText(half, nothing, width).length).toBeLessThanOrEqual(Math.max(1, width - 1));
    expect(liveText({ ...half, listed: false }, nothing, 120)).toMatch(/^\[counting …\] +617 of/);
    expect(liveText({ ...half, bytes: 0, bytesKnown: 0 }, nothing, 120)).toContain("  0 %");
  });

  it("comes to a summary", () => {
    expect(summaryText({ files: 1_234, bytes: 5.1 * MiB, failures: 3, tookMs: 2_300 })).toBe(
      "1,234 files, 5.1 MiB in 2.3 s, 2.2 MiB/s; 3 failed",
    );
    expect(summaryText({ files: 0, bytes: 0, failures: 0, unchanged: 20_000, deleted: 2, tookMs: 800 })).toBe(
      "0 files, 0 B in 0.8 s; 20,000 unchanged; 2 deleted",
    );
  });
});

describe("where nothing can be redrawn", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** What is said while a second passes between one look and the next. */
  async function told(...options: string[]): Promise<string[]> {
    vi.useFakeTimers({ toFake: ["performance"] });
    const request = parseCommandLine(["cp", ...options, "a", "b"]);
    if (request.kind !== "run") throw new Error("no command");
    const log: string[] = [];
    const report = new Report(request.line, new Messages((text) => void log.push(text)), new AbortController().signal);
    // Where the tests sit at a terminal, this is as if a log were written to it.
    const progress = await Progress.open(report, { plain: true });
    for (let second = 0; second < 25; second++) {
      vi.advanceTimersByTime(1_000);
      progress.update(half, nothing);
    }
    progress.end({ files: 617, bytes: 2.5 * MiB, failures: 0 }, false);
    return log;
  }

  it("a line is written every ten seconds, and the summary", async () => {
    const line = "617 of 1,234 files, 2.5 MiB of 5.0 MiB, 2.2 MiB/s, 2 s left\n";
    expect(await told()).toEqual([line, line, "617 files, 2.5 MiB in 25 s, 102 KiB/s\n"]);
  });

  it("programs are told every second, and people who want quiet nothing", async () => {
    const lines = await told("--json");
    expect(lines).toHaveLength(25);
    expect(JSON.parse(lines[0] as string)).toEqual({ progress: half });
    expect(await told("--quiet")).toEqual([]);
  });
});

describe("what stays and what is redrawn", () => {
  /** A terminal that remembers what it was told to do. */
  function screen(): { messages: Messages; log: string[] } {
    const log: string[] = [];
    const redraw = Object.assign((text: string) => void log.push(`draw ${text}`), {
      clear: () => void log.push("clear"),
    });
    const messages = new Messages((text) => void log.push(`line ${text.trimEnd()}`));
    messages.goLive(redraw);
    return { messages, log };
  }

  it("a message is written above what is redrawn", () => {
    const { messages, log } = screen();
    messages.show("1 of 2");
    messages.say("something failed");
    messages.show("2 of 2");
    messages.show("");
    messages.say("2 files");
    expect(log).toEqual([
      "draw 1 of 2",
      "clear",
      "line something failed",
      "draw 1 of 2",
      "draw 2 of 2",
      "clear",
      "line 2 files",
    ]);
  });

  it("nothing is drawn while somebody is asked", async () => {
    const { messages, log } = screen();
    messages.show("1 of 2");
    await messages.suspend(async () => {
      messages.show("2 of 2");
      messages.say("Password:");
    });
    expect(log).toEqual(["draw 1 of 2", "clear", "line Password:", "draw 2 of 2"]);
  });
});
