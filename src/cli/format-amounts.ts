/** Amounts as people read them. */

export { bytesText } from "../operations/bytes-text.ts";

/** `1,234,567`, in any locale. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `1 file`, `1,234 files`. */
export function filesText(count: number): string {
  return `${countText(count)} ${count === 1 ? "file" : "files"}`;
}

/** `45 ms`, `0.3 s`, `45 s`, `2 min 05 s`, `3 h 07 min`. */
export function durationText(ms: number): string {
  if (ms < 99.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
