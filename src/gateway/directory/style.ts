import { createHash } from "node:crypto";

/** A picture of 16 × 16, as a part of the style. */
function icon(shape: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke-width="1.3" stroke-linejoin="round">${shape}</svg>`;
  return `url("data:image/svg+xml,${encodeURIComponent(svg)}")`;
}

const folder = icon(`<path fill="#d9a441" stroke="#b98524" d="M1.5 3.5h4.6l1.5 1.7h6.9v7.8h-13z"/>`);
const sheet = icon(`<path stroke="#8a93a0" d="M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3"/>`);
const arrow = icon(
  `<path stroke="#8a93a0" stroke-linecap="round" d="M2.5 13c0-4 3-6.500 8-6.500M7.500 3l4 3.500-4 3.500"/>`,
);

/** The look of the page, in the light and in the dark, on a desk and on a telephone. */
export const style: string = `
:root { color-scheme: light dark; --ink: #1d2329; --quiet: #5d6873; --line: #e3e7eb; --paper: #fff; --hover: #f3f6f9; --link: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #dfe4ea; --quiet: #97a2ae; --line: #2b323a; --paper: #14181d; --hover: #1d232a; --link: #7cb8f7; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 3rem; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
a { color: var(--link); text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
nav ol { display: flex; flex-wrap: wrap; margin: 0 0 1rem; padding: 0; list-style: none; font-size: 1.15rem; }
nav li { overflow-wrap: anywhere; }
nav li:not(:last-child)::after { content: "/"; margin: 0 .4rem; color: var(--quiet); }
nav [aria-current] { font-weight: 600; color: var(--ink); }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; white-space: nowrap; }
th { font-weight: 600; color: var(--quiet); }
th a { color: inherit; }
th[aria-sort="ascending"] a::after { content: " \\2191"; }
th[aria-sort="descending"] a::after { content: " \\2193"; }
tbody tr:hover { background: var(--hover); }
.name { width: 100%; white-space: pre-wrap; overflow-wrap: anywhere; }
td.name a { display: block; padding-left: 1.6rem; background: ${sheet} 0 .2em / 1.1em no-repeat; }
.directory td.name a, .up td.name a { background-image: ${folder}; }
.link td.name a { background-image: ${arrow}; }
.size { text-align: right; }
td.size, td.date, footer { color: var(--quiet); }
footer { margin-top: 1rem; font-size: .9rem; }
@media (max-width: 34rem) { .date { display: none; } }
`;

const hash = createHash("sha256").update(style).digest("base64");

/** Nothing runs on the page, nothing is sent from it, and nothing is loaded but what is in it: whatever a name holds. */
export const pagePolicy: string = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
