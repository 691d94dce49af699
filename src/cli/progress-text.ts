import type { TreeProgress } from "../operations/tree-options.ts";
import { bytesText, countText, durationText, filesText } from "./format-amounts.ts";

/** What several pieces of work have done together. */
export interface Totals {
  readonly files: number;
  readonly bytes: number;
  readonly failures: number;
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

/** All that was done so far. */
export function sumOf(progress: TreeProgress, before: Totals): TreeProgress {
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
    ...(remainingMs === undefined ? [] : [`${leftText(remainingMs)} left`]),
  ];
  return `${parts.join(", ")}${failures > 0 ? `; ${countText(failures)} failed` : ""}`;
}

/** In whole seconds: it is a guess. */
function leftText(ms: number): string {
  return ms < 59_000 ? `${Math.ceil(ms / 1_000)} s` : durationText(ms);
}

const barWidth = 10;
/** Columns from which on there is room for a bar. */
const wide = 100;

/** The same behind a bar, where there is room for one. */
export function liveText(progress: TreeProgress, before: Totals, width: number): string {
  const text = `${width >= wide ? barOf(sumOf(progress, before)) : ""}${progressText(progress, before)}`;
  // Never longer than the terminal is wide: what is wrapped cannot be taken back when the terminal is made narrower.
  return text.slice(0, Math.max(1, width - 1));
}

/** Of what is known; while more is being found, a part of it would say nothing. */
function barOf({ bytes, bytesKnown, listed }: TreeProgress): string {
  if (!listed) return "[counting …]        ";
  const part = bytesKnown > 0 ? Math.min(1, bytes / bytesKnown) : 0;
  const done = Math.floor(part * barWidth);
  return `[${"#".repeat(done)}${"-".repeat(barWidth - done)}] ${String(Math.floor(part * 100)).padStart(3)} %  `;
}
