/** A part of a file, from its first byte to its last. */
export interface ByteSpan {
  readonly first: number;
  readonly last: number;
}

/**
 * The spans of a file of `size` bytes that a `Range` asks for (RFC 9110, 14.1): empty where the file reaches none of them, undefined for what is no set of byte ranges,
 * which a server has to ignore.
 */
export function spansOf(range: string | undefined, size: number): readonly ByteSpan[] | undefined {
  const list = /^bytes=([0-9,\t -]+)$/i.exec(range ?? "")?.[1];
  if (list === undefined) return undefined;
  const spans: ByteSpan[] = [];
  let count = 0;
  for (const part of list.split(",")) {
    if (part.trim() === "") continue; // A list may have empty elements (RFC 9110, 5.6.1.2).
    const match = /^[\t ]*(\d*)-(\d*)[\t ]*$/.exec(part);
    if (match === null || (match[1] === "" && match[2] === "")) return undefined;
    const [from, to] = [match[1] as string, match[2] as string];
    if (from !== "" && to !== "" && Number(to) < Number(from)) return undefined;
    count++;
    const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
    const last = from === "" || to === "" ? size - 1 : Math.min(size - 1, Number(to));
    if (first <= last) spans.push({ first, last });
  }
  return count === 0 ? undefined : spans;
}

export function contentRange({ first, last }: ByteSpan, size: number): string {
  return `bytes ${first}-${last}/${size}`;
}

export function lengthOf({ first, last }: ByteSpan): number {
  return last - first + 1;
}
