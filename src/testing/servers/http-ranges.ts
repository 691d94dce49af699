/** What a server does with several ranges at once: all of them in parts, the first alone, all that they span in one, or the whole file. */
export type HttpRanges = "many" | "first" | "merged" | "one" | "none";

export interface ByteSpan {
  readonly first: number;
  readonly last: number;
}

/** The spans of a file that a `Range` asks for; undefined for what is no such thing, empty where the file reaches none of them. */
export function spansOf(range: string | undefined, size: number): readonly ByteSpan[] | undefined {
  const list = /^bytes=([0-9,\s-]+)$/.exec(range ?? "")?.[1];
  if (list === undefined) return undefined;
  const spans: ByteSpan[] = [];
  for (const part of list.split(",")) {
    const match = /^\s*(\d*)-(\d*)\s*$/.exec(part);
    if (match === null || (match[1] === "" && match[2] === "")) return undefined;
    const suffix = match[1] === "";
    const first = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1]);
    const last = suffix || match[2] === "" ? size - 1 : Math.min(size - 1, Number(match[2]));
    if (first < size && first <= last) spans.push({ first, last });
  }
  return spans;
}

/** The spans that a server of some kind sends for those that were asked for; undefined for the whole file. */
export function sentSpans(spans: readonly ByteSpan[] | undefined, kind: HttpRanges): readonly ByteSpan[] | undefined {
  if (spans === undefined || kind === "none" || (kind === "one" && spans.length > 1)) return undefined;
  const [first] = spans;
  if (first === undefined || kind === "many" || kind === "one") return spans;
  if (kind === "first") return [first];
  const [from, to] = [Math.min(...spans.map((span) => span.first)), Math.max(...spans.map((span) => span.last))];
  return [{ first: from, last: to }];
}

export function contentRange({ first, last }: ByteSpan, size: number): string {
  return `bytes ${first}-${last}/${size}`;
}
