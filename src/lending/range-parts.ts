import { TransportError } from "../errors/transport-error.ts";
import type { ByteRange } from "../transport/verb-options.ts";
import { maxRangeBytes, maxRanges } from "./messages.ts";

/** Ranges as calls have them: none too long, not too many in one; one call for no range at all, which tells whether the file is there. */
export function* rangeGroups(
  ranges: readonly ByteRange[],
): Generator<readonly (readonly [offset: number, length: number])[]> {
  let group: (readonly [number, number])[] = [];
  let isFirst = true;
  for (const { offset, length } of ranges) {
    for (let at = 0; at < length || at === 0; at += maxRangeBytes) {
      group.push([offset + at, Math.min(maxRangeBytes, length - at)]);
      if (group.length < maxRanges) continue;
      yield group;
      group = [];
      isFirst = false;
    }
  }
  if (group.length > 0 || isFirst) yield group;
}

/** Cuts content into parts of the lengths that were asked for. Nothing is given before anything has come, or nothing will. */
export async function* cutParts(
  content: AsyncGenerator<Buffer, void>,
  ranges: readonly ByteRange[],
): AsyncGenerator<Buffer> {
  let ahead: Buffer | undefined;
  const next = async (): Promise<Buffer | undefined> => {
    const { done, value } = await content.next();
    return done === true ? undefined : value;
  };
  try {
    ahead = await next();
    for (const { length } of ranges) {
      const pieces: Buffer[] = [];
      for (let missing = length; missing > 0;) {
        ahead ??= await next();
        if (ahead === undefined) throw new TransportError("protocol-error", "the lender gave less than was asked for");
        const piece = ahead.subarray(0, missing);
        ahead = piece.length === ahead.length ? undefined : ahead.subarray(piece.length);
        missing -= piece.length;
        pieces.push(piece);
      }
      yield pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    }
  } finally {
    await content.return();
  }
}
