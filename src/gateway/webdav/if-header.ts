import { refusal } from "./reply.ts";

/** One condition of an `If` header (RFC 4918, 10.4). */
interface Condition {
  readonly not: boolean;
  readonly kind: "token" | "etag";
  readonly value: string;
}

interface ConditionList {
  /** What it is about, as it was written; undefined for the resource of the request. */
  readonly tag: string | undefined;
  readonly conditions: readonly Condition[];
}

const token = /\s*(?:<([^<>\s]+)>|\[((?:W\/)?"[^"]*")\]|(\()|(\))|(Not)(?=[\s<[]))/iy;

/** Reads an `If` header. Throws a refusal for what is none. */
export function parseIf(header: string): readonly ConditionList[] {
  const lists: ConditionList[] = [];
  let tag: string | undefined;
  let tagUsed = true;
  let list: Condition[] | undefined;
  let not = false;
  for (token.lastIndex = 0; token.lastIndex < header.trimEnd().length;) {
    const match = token.exec(header);
    if (match === null) throw refusal(400);
    const [, url, etag, opens, closes, negates] = match;
    if (list === undefined) {
      const untagged = lists.some((one) => one.tag === undefined);
      if (url !== undefined && tagUsed && !untagged) [tag, tagUsed] = [url, false];
      else if (opens !== undefined) list = [];
      else throw refusal(400);
    } else if (closes !== undefined && list.length > 0 && !not) {
      lists.push({ tag, conditions: list });
      [list, tagUsed] = [undefined, true];
    } else if (negates !== undefined && !not) {
      not = true;
    } else if (url !== undefined || etag !== undefined) {
      list.push({ not, kind: url === undefined ? "etag" : "token", value: url ?? etag ?? "" });
      not = false;
    } else {
      throw refusal(400);
    }
  }
  if (list !== undefined || !tagUsed || lists.length === 0) throw refusal(400);
  return lists;
}

/** The tokens that a client shows by its header, whether or not the conditions hold. */
export function shownTokens(lists: readonly ConditionList[]): ReadonlySet<string> {
  const conditions = lists.flatMap((list) => list.conditions);
  return new Set(conditions.filter(({ kind }) => kind === "token").map(({ value }) => value));
}

/** Whether one of the lists holds. `holds` is asked of a resource's state, by its tag, and no more often than it takes. */
export async function anyHolds(
  lists: readonly ConditionList[],
  holds: (tag: string | undefined, condition: Condition) => boolean | Promise<boolean>,
): Promise<boolean> {
  for (const { tag, conditions } of lists) {
    let all = true;
    for (const one of conditions) all &&= (await holds(tag, one)) !== one.not;
    if (all) return true;
  }
  return false;
}
