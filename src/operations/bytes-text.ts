const units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** A number of bytes as people read it: `512 B`, `1.5 KiB`, `10 MiB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  let [amount, at] = [bytes / 1024, 0];
  // What would be rounded up to 1024 is one of the next.
  for (; amount >= 1023.5 && at < units.length - 1; at++) amount /= 1024;
  return `${amount < 9.95 ? amount.toFixed(1) : Math.round(amount)} ${units[at]}`;
}
