import { bytesText } from "../../operations/bytes-text.ts";
import type { Entry } from "../../transport/stat.ts";
import { encodeSegment } from "../../url/percent-encoding.ts";
import { printable } from "../../url/printable.ts";
import { escapeHtml } from "./html.ts";
import type { Column, Order } from "./order.ts";
import { isDirectory, queryFor } from "./order.ts";
import { style } from "./style.ts";

export interface DirectoryPage {
  /** Plain text below the base; `""` is the base itself. */
  readonly path: string;
  /** In order. */
  readonly entries: readonly Entry[];
  /** Whether these are all that the directory has. */
  readonly complete: boolean;
  readonly order: Order;
}

/** The page of a directory as HTML, some of it at a time. */
export function* directoryPage(page: DirectoryPage): Generator<string> {
  const { path, entries, order } = page;
  const query = queryFor(order);
  yield `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${shown(path === "" ? "/" : `/${path}/`)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
${breadcrumbs(path, query)}
<main>
<table>
<thead><tr>${headOf("name", "Name", order)}${headOf("size", "Size", order)}${headOf("date", "Modified (UTC)", order)}</tr></thead>
<tbody>
`;
  if (path !== "")
    yield `<tr class="up"><td class="name"><a href="../${escapeHtml(query)}">..</a></td><td class="size"></td><td class="date"></td></tr>\n`;
  for (const entry of entries) yield rowOf(entry, query);
  yield `</tbody>
</table>
</main>
<footer>${summaryOf(page)}</footer>
</body>
</html>
`;
}

/** Relative links, so that they are right behind a proxy that has the gateway elsewhere. */
function breadcrumbs(path: string, query: string): string {
  const names = path === "" ? [] : path.split("/");
  const items = ["/", ...names].map((name, depth) => {
    const text = depth === 0 ? "root" : shown(name);
    if (depth === names.length) return `<li><span aria-current="page"><bdi>${text}</bdi></span></li>`;
    return `<li><a href="${"../".repeat(names.length - depth)}${escapeHtml(query)}"><bdi>${text}</bdi></a></li>`;
  });
  return `<nav aria-label="Directories above"><ol>${items.join("")}</ol></nav>`;
}

/** The head of a column leads to the same page sorted by it, and the other way round where it is already. */
function headOf(column: Column, title: string, order: Order): string {
  const isSorted = order.column === column;
  const direction = order.descending ? "descending" : "ascending";
  const query = queryFor({ column, descending: isSorted && !order.descending });
  const sort = isSorted ? ` aria-sort="${direction}"` : "";
  return `<th scope="col" class="${column}"${sort}><a href="./${escapeHtml(query)}">${title}</a></th>`;
}

function rowOf(entry: Entry, query: string): string {
  const { name, stat } = entry;
  const slash = isDirectory(entry) ? "/" : "";
  const href = `./${encodeSegment(name)}${slash}${slash === "" ? "" : query}`;
  const size = stat?.type === "file" ? bytesText(stat.sizeBytes) : "";
  const exact = stat?.type === "file" ? ` title="${stat.sizeBytes} bytes"` : "";
  return `<tr class="${stat?.type ?? "other"}"><td class="name"><a href="${escapeHtml(href)}"><bdi>${shown(name)}</bdi>${slash}</a></td><td class="size"${exact}>${size}</td><td class="date">${timeOf(stat?.mtime)}</td></tr>\n`;
}

function timeOf(mtime: Date | undefined): string {
  if (mtime === undefined) return "";
  const text = mtime.toISOString();
  return `<time datetime="${text}">${text.slice(0, 16).replace("T", " ")}</time>`;
}

function summaryOf({ entries, complete }: DirectoryPage): string {
  if (!complete) return `The first ${entries.length} names that the server gave; there are more.`;
  const files = entries.filter(({ stat }) => stat?.type === "file");
  const bytes = files.reduce((sum, { stat }) => sum + (stat?.sizeBytes ?? 0), 0);
  const directories = entries.filter(isDirectory).length;
  return `${counted(directories, "directory", "directories")}, ${counted(files.length, "file", "files")}, ${bytesText(bytes)}`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** What turns the reading direction or begins a line stands as an escape: a name must not look like another. */
function shown(name: string): string {
  return escapeHtml(printable(name));
}
