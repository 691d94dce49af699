import type { TreeProgress } from "../operations/tree-options.ts";
import { bytesText, countText, durationText, filesText } from "./format-amounts.ts";
import type { Report } from "./report.ts";

/** What several pieces of work have done together. */
export interface Totals {
  readonly files: number;
  readonly bytes: number;
  readonly failures: number;
}

/** Between two lines, in milliseconds, where what was said stays: seldom enough to be read. */
const lineEveryMs = 10_000;
/** The same for programs. */
const jsonEveryMs = 1_000;

/** Tells how a copy goes: on a terminal in a text that is redrawn, elsewhere now and then in a line; and at the end what it came to. */
export class Progress {
  readonly #report: Report;
  readonly #live: boolean;
  readonly #everyMs: number;
  readonly #beganMs = performance.now();
  #toldMs = performance.now();
  #told = false;

  private constructor(report: Report, live: boolean, everyMs: number) {
    this.#report = report;
    this.#live = live;
    this.#everyMs = everyMs;
  }

  /** Where `plain`, nothing is redrawn: somebody else writes to the same terminal. */
  static async open(
    report: Report,
    { plain = false, everyMs }: { plain?: boolean; everyMs?: number } = {},
  ): Promise<Progress> {
    const live = canRedraw() && !plain && !report.json && !report.quiet;
    if (live) {
      const { createLogUpdate } = await import("log-update");
      // The cursor stays: hiding it takes over the signals, to show it again.
      report.messages.goLive(createLogUpdate(process.stderr, { showCursor: true }));
    }
    return new Progress(report, live, everyMs ?? (report.json ? jsonEveryMs : lineEveryMs));
  }

  /** How far it is; `before` is what earlier pieces of work did. */
  update(progress: TreeProgress, before: Totals): void {
    const now = performance.now();
    if (this.#live) {
      this.#told = true;
      this.#report.messages.show(liveText(progress, before, process.stderr.columns ?? 80));
    } else if (now - this.#toldMs >= this.#everyMs) {
      this.#toldMs = now;
      this.#told = true;
      this.#report.note({ progress: sumOf(progress, before) }, progressText(progress, before));
    }
  }

  /** What goes on before there is anything to count; on a terminal only. */
  note(text: string): void {
    if (this.#live) this.#report.messages.show(text);
  }

  /** Nothing goes on any more. `always`: what it came to is told whether or not anything was told before. */
  end(totals: SummaryOf, always: boolean): void {
    this.#report.messages.show("");
    if (this.#report.json || !(always || this.#told || this.#report.verbose)) return;
    this.#report.note({}, summaryText({ ...totals, tookMs: performance.now() - this.#beganMs }));
  }

  /** Takes what is redrawn away. */
  clear(): void {
    this.#report.messages.show("");
  }
}

/** Whether stderr is a terminal that can take back what it shows, and says how wide it is. */
function canRedraw(): boolean {
  const { isTTY, columns, rows } = process.stderr;
  return isTTY && columns > 0 && rows > 1 && process.env["TERM"] !== "dumb";
}

/** What the summary is made of, where there is any of it. */
export interface SummaryOf extends Totals {
  readonly unchanged?: number;
  readonly deleted?: number;
}

/** `1,234 files, 5.1 MiB in 2.3 s, 2.2 MiB/s; 3 failed`. */
export function summaryText({
  files,
  bytes,
  failures,
  unchanged = 0,
  deleted = 0,
  tookMs,
}: SummaryOf & { readonly tookMs: number }): string {
  const rate = bytes > 0 && tookMs > 0 ? `, ${bytesText((bytes / tookMs) * 1_000)}/s` : "";
  const others = [
    ...(unchanged > 0 ? [`${countText(unchanged)} unchanged`] : []),
    ...(deleted > 0 ? [`${countText(deleted)} deleted`] : []),
    ...(failures > 0 ? [`${countText(failures)} failed`] : []),
  ];
  return [`${filesText(files)}, ${bytesText(bytes)} in ${durationText(tookMs)}${rate}`, ...others].join("; ");
}

function sumOf(progress: TreeProgress, before: Totals): TreeProgress {
  return {
    ...progress,
    files: before.files + progress.files,
    bytes: before.bytes + progress.bytes,
    filesKnown: before.files + progress.filesKnown,
    bytesKnown: before.bytes + progress.bytesKnown,
    failures: before.failures + progress.failures,
  };
}

/** `120 of 1,234 files, 1.2 of 5.1 MiB, 2.2 MiB/s, 2 s left; 3 failed`. */
export function progressText(progress: TreeProgress, before: Totals): string {
  const { files, bytes, filesKnown, bytesKnown, listed, bytesPerSecond, remainingMs, failures } = sumOf(
    progress,
    before,
  );
  const parts = [
    `${countText(files)} of ${filesText(filesKnown)}${listed ? "" : " so far"}`,
    `${bytesText(bytes)} of ${bytesText(bytesKnown)}`,
    `${bytesText(bytesPerSecond)}/s`,
    ...(remainingMs === undefined ? [] : [`${durationText(remainingMs)} left`]),
  ];
  return `${parts.join(", ")}${failures > 0 ? `; ${countText(failures)} failed` : ""}`;
}

const barWidth = 20;

/** The same behind a bar, where there is room for one. */
function liveText(progress: TreeProgress, before: Totals, width: number): string {
  const text = progressText(progress, before);
  const { bytes, bytesKnown } = sumOf(progress, before);
  const part = bytesKnown > 0 ? Math.min(1, bytes / bytesKnown) : 0;
  const done = Math.floor(part * barWidth);
  const bar = `[${"#".repeat(done)}${"-".repeat(barWidth - done)}] ${String(Math.floor(part * 100)).padStart(3)} %  `;
  // Never longer than the terminal is wide: what is wrapped cannot be taken back when the terminal is made narrower.
  return (bar.length + text.length < width ? bar + text : text).slice(0, Math.max(1, width - 1));
}
