import { TransportError } from "../../errors/transport-error.ts";
import type { Attributes, ByteRange } from "../verb-options.ts";

/** Numbers from callers are checked before anything is sent: a negative offset is a mistake, not a request. */
export function checkRange({ offset, length }: { offset: number; length: number | undefined }): void {
  checkCount("offset", offset);
  if (length !== undefined) checkCount("length", length);
}

export function checkRanges(ranges: Iterable<ByteRange>): readonly ByteRange[] {
  const checked = [...ranges];
  for (const range of checked) checkRange(range);
  return checked;
}

export function checkAttributes({ mode, mtime }: Attributes): void {
  if (mode !== undefined && (!Number.isInteger(mode) || mode < 0 || mode > 0o7777)) {
    throw new TransportError(
      "range-not-satisfiable",
      `mode must be the twelve POSIX bits, 0 to 0o7777, not ${String(mode)}`,
    );
  }
  if (mtime !== undefined && Number.isNaN(mtime.getTime())) {
    throw new TransportError("range-not-satisfiable", "mtime is not a valid date");
  }
}

function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new TransportError(
    "range-not-satisfiable",
    `${name} must be a whole number of bytes from 0, not ${String(value)}`,
  );
}
