import type { Entry } from "../../transport/stat.ts";

export type Column = "name" | "size" | "date";

/** How a page is sorted. */
export interface Order {
  readonly column: Column;
  readonly descending: boolean;
}

const usual: Order = { column: "name", descending: false };

/** The order that a query asks for; by name for anything else. */
export function orderOf(query: URLSearchParams): Order {
  const column = query.get("sort");
  if (column !== "name" && column !== "size" && column !== "date") return usual;
  return { column, descending: query.get("order") === "desc" };
}

/** The query that asks for an order; none for the usual one. */
export function queryFor({ column, descending }: Order): string {
  if (column === usual.column && descending === usual.descending) return "";
  return `?sort=${column}${descending ? "&order=desc" : ""}`;
}

/** As people count: `file 9` comes before `file 10`. */
const { compare } = new Intl.Collator("en", { numeric: true });

/** Directories first, whatever the order; what is equal, or not known, by name. */
export function sorted(entries: readonly Entry[], { column, descending }: Order): Entry[] {
  const sign = descending ? -1 : 1;
  return entries.toSorted((a, b) => {
    const kinds = Number(isDirectory(b)) - Number(isDirectory(a));
    if (kinds !== 0) return kinds;
    return sign * (amount(a, column) - amount(b, column)) || (column === "name" ? sign : 1) * compareNames(a, b);
  });
}

export function isDirectory({ stat }: Entry): boolean {
  return stat?.type === "directory";
}

function compareNames(a: Entry, b: Entry): number {
  return compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
}

function amount({ stat }: Entry, column: Column): number {
  if (column === "name" || stat === undefined) return 0;
  return column === "size" ? (stat.type === "file" ? stat.sizeBytes : 0) : (stat.mtime?.getTime() ?? 0);
}
