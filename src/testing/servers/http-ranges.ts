import type { ByteSpan } from "../../gateway/ranges.ts";

/** What a server does with several ranges at once: all of them in parts, the first alone, all that they span in one, or the whole file. */
export type HttpRanges = "many" | "first" | "merged" | "one" | "none";

/** The spans that a server of some kind sends for those that were asked for; undefined for the whole file. */
export function sentSpans(spans: readonly ByteSpan[] | undefined, kind: HttpRanges): readonly ByteSpan[] | undefined {
  if (spans === undefined || kind === "none" || (kind === "one" && spans.length > 1)) return undefined;
  const [first] = spans;
  if (first === undefined || kind === "many" || kind === "one") return spans;
  if (kind === "first") return [first];
  const [from, to] = [Math.min(...spans.map((span) => span.first)), Math.max(...spans.map((span) => span.last))];
  return [{ first: from, last: to }];
}
