/** An entry as Caddy describes it. */
interface CaddyEntry {
  /** As Caddy writes it: `./` and the name escaped, a directory with a slash behind it. */
  readonly href: string;
  readonly name: string;
  /** Undefined for a directory. */
  readonly size?: number;
  readonly time: string;
  /** What a link leads to. */
  readonly linkedTo?: string;
}

const entries: readonly CaddyEntry[] = [
  { href: "./below/", name: "below", time: "2026-01-12T10:00:00Z" },
  { href: "./a%20b%23c%3Fd%25", name: "a b#c?d%", size: 5, time: "2026-01-12T10:00:00Z" },
  { href: "./caf%C3%A9", name: "caf\u00e9", size: 1_234_567, time: "2026-02-28T23:59:59Z" },
  { href: "./a:b", name: "a:b", size: 0, time: "2026-01-12T10:00:00Z" },
  { href: "./r&amp;d", name: "r&amp;d", size: 7, time: "2026-01-12T10:00:00Z" },
  { href: "./link", name: "link", size: 12, time: "2026-01-12T10:00:00Z", linkedTo: "../elsewhere" },
];

/** A page as `file_server browse` of Caddy 2 makes it, as a table: everything in it that is a link, a row or an attribute. */
export const caddyTable: string = page(
  `<table aria-describedby="summary"><thead><tr><th></th>
<th><a href="?sort=namedirfirst&order=desc" class="icon"><svg></svg></a>
<a href="?sort=name&order=asc">Name</a>
<div class="filter-container"><input type="search" id="filter" onkeyup='filter()'></div></th>
<th><a href="?sort=size&order=asc">Size</a></th>
<th class="hideable"><a href="?sort=time&order=asc">Modified</a></th><th class="hideable"></th></tr></thead>
<tbody><tr><td></td><td><a href=".."><svg><path d="M1 1"/></svg><span class="go-up">Up</span></a></td><td></td><td class="hideable"></td></tr>
${entries.map(row).join("\n")}
</tbody></table>`,
);

/** The same as a grid. */
export const caddyGrid: string = page(
  entries
    .map(
      ({ href, name, size }) =>
        `<div class="entry"><a href="${href}" title='today'><svg></svg><div class="name">${name}</div><div class="size">${size ?? ""} B</div></a></div>`,
    )
    .join("\n"),
  " grid",
);

function page(listing: string, layout = ""): string {
  return `<!DOCTYPE html>
<html><head><title>dir</title><link rel="canonical" href="/dir/" /><meta charset="utf-8">
<style>.listing { color: #123; } a { content: "<a href='styled'>"; }</style></head>
<body onload="initPage()"><header><div class="wrapper"><div class="breadcrumbs">Folder Path</div>
<h1><a href="../">/</a><a href="">dir</a>/</h1></div></header>
<div class="wrapper"><main><div class="meta"><div id="summary"><span class="meta-item"><b>1</b> directory</span></div>
<a href="javascript:queryParam('layout', '')" id="layout-list" class='layout current'>List</a>
<a href="javascript:queryParam('layout', 'grid')" id="layout-grid" class='layout'>Grid</a></div>
<div class='listing${layout}'>${listing}</div></main></div>
<footer>Served with <a rel="noopener noreferrer" href="https://caddyserver.com"><svg class="caddy-logo"></svg></a></footer>
<script>const link = '<a href="scripted">';</script></body></html>`;
}

function row({ href, name, size, time, linkedTo }: CaddyEntry): string {
  const shown = linkedTo === undefined ? name : `${name} <span class="symlink-path">\u2192 ${linkedTo}</span>`;
  const length =
    size === undefined
      ? "<td>&mdash;</td>"
      : `<td class="size" data-size="${size}"><div class="sizebar"><div class="sizebar-text">about ${size} B</div></div></td>`;
  return `<tr class="file"><td></td><td><a href="${href}"><svg></svg><span class="name">${shown}</span></a></td>${length}
<td class="timestamp hideable"><time datetime="${time}">then</time></td><td class="hideable"></td></tr>`;
}
