import type { TreeStat } from "../../schemes/memory/tree-types.ts";

/** Whose index pages a server has; none at all: 403, as nginx without autoindex. */
export type HttpIndex = "nginx" | "apache" | "python" | "caddy" | "none";

interface IndexedEntry {
  readonly name: string;
  readonly stat: TreeStat;
}

/** An index page of a directory as a server of some kind makes it. */
export function indexPage(kind: Exclude<HttpIndex, "none">, path: string, entries: readonly IndexedEntry[]): string {
  return pages[kind](path, entries);
}

const pages: Readonly<Record<Exclude<HttpIndex, "none">, (path: string, entries: readonly IndexedEntry[]) => string>> =
  {
    nginx: (path, entries) => `<html>\r
<head><title>Index of ${text(path)}</title></head>\r
<body>\r
<h1>Index of ${text(path)}</h1><hr><pre><a href="../">../</a>\r
${entries.map(nginxRow).join("")}</pre><hr></body>\r
</html>\r
`,
    apache: (path, entries) => `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html>
 <head>
  <title>Index of ${text(path)}</title>
 </head>
 <body>
<h1>Index of ${text(path)}</h1>
  <table>
   <tr><th valign="top"><img src="/icons/blank.gif" alt="[ICO]"></th><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th><th><a href="?C=S;O=A">Size</a></th><th><a href="?C=D;O=A">Description</a></th></tr>
   <tr><th colspan="5"><hr></th></tr>
<tr><td valign="top"><img src="/icons/back.gif" alt="[PARENTDIR]"></td><td><a href="/">Parent Directory</a></td><td>&nbsp;</td><td align="right">  - </td><td>&nbsp;</td></tr>
${entries.map(apacheRow).join("")}   <tr><th colspan="5"><hr></th></tr>
</table>
<address>Apache Server</address>
</body></html>
`,
    python: (path, entries) => `<!DOCTYPE HTML>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Directory listing for ${text(path)}</title>
</head>
<body>
<h1>Directory listing for ${text(path)}</h1>
<hr>
<ul>
${entries.map((entry) => `<li><a href="${href(entry)}">${text(shownName(entry))}</a></li>\n`).join("")}</ul>
<hr>
</body>
</html>
`,
    caddy: (path, entries) => `<!DOCTYPE html>
<html><head><title>${text(path)}</title><meta charset="utf-8"></head>
<body><header><h1><a href="../../">/</a></h1></header>
<main><div class="listing"><table aria-describedby="summary"><thead><tr><th><a href="?sort=name&order=desc">Name</a></th></tr></thead><tbody>
<tr><td></td><td><a href=".."><span class="goup">Up</span></a></td><td>&mdash;</td></tr>
${entries.map(caddyRow).join("")}</tbody></table></div></main>
<footer>Served with <a rel="noopener noreferrer" href="https://caddyserver.com">Caddy</a></footer></body></html>
`,
  };

function nginxRow(entry: IndexedEntry): string {
  const { stat } = entry;
  const shown = shownName(entry);
  const label = shown.length > 50 ? `${shown.slice(0, 47)}..&gt;` : text(shown);
  const date = `${stat.mtime.toUTCString().slice(5, 16).replaceAll(" ", "-")} ${stat.mtime.toISOString().slice(11, 16)}`;
  const size = stat.type === "directory" ? "-" : String(stat.sizeBytes);
  return `<a href="${href(entry)}">${label}</a>${" ".repeat(Math.max(1, 51 - shown.length))}${date}${size.padStart(20)}\r\n`;
}

function apacheRow(entry: IndexedEntry): string {
  const { stat } = entry;
  const date = stat.mtime.toISOString().slice(0, 16).replace("T", " ");
  const size = stat.type === "directory" ? "  - " : rounded(stat.sizeBytes);
  return `<tr><td valign="top"><img src="/icons/unknown.gif" alt="[   ]"></td><td><a href="${href(entry)}">${text(shownName(entry))}</a></td><td align="right">${date}  </td><td align="right">${size}</td><td>&nbsp;</td></tr>\n`;
}

function caddyRow(entry: IndexedEntry): string {
  const { stat } = entry;
  const time = `${stat.mtime.toISOString().slice(0, 19)}Z`;
  const size =
    stat.type === "directory" ? `<td data-order="-1">&mdash;</td>` : `<td data-order="${stat.sizeBytes}">some</td>`;
  return `<tr class="file"><td></td><td><a href="./${href(entry)}"><span class="name">${text(shownName(entry))}</span></a></td>${size}<td class="timestamp"><time datetime="${time}">then</time></td></tr>\n`;
}

function href({ name, stat }: IndexedEntry): string {
  return text(encodeURIComponent(name) + (stat.type === "directory" ? "/" : ""));
}

function shownName({ name, stat }: IndexedEntry): string {
  return stat.type === "directory" ? `${name}/` : name;
}

/** Apache's way: exact below a kilobyte, then with a letter. */
function rounded(size: number): string {
  if (size < 973) return `${size} `.padStart(4);
  return size < 1024 * 1024 ? `${(size / 1024).toFixed(1)}K` : `${(size / 1024 / 1024).toFixed(1)}M`;
}

function text(raw: string): string {
  return raw.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
