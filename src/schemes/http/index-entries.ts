import { publish } from "../../connection/events.ts";
import type { RawEntry } from "../../transport/primitives.ts";
import type { Stat } from "../../transport/stat.ts";
import { asciiControlCharacter } from "../../url/characters.ts";
import type { Location } from "../../url/location.ts";
import { decodePercent } from "../../url/percent-encoding.ts";
import { originOf } from "./http-origin.ts";
import type { IndexLink } from "./index-page.ts";

/**
 * What the links of an index page say is in the directory: only what is right below the page itself, each name decoded once, each once. A
 * link that leads elsewhere is none of the directory's entries, and a name that no path could say is reported.
 */
export function entriesOf(links: readonly IndexLink[], page: Location): readonly RawEntry[] {
  const entries = new Map<string, RawEntry>();
  const base = new URL(originOf(page) + page.target);
  for (const link of links) {
    const child = childOf(link.href, base);
    if (child === undefined) continue;
    const name = decodedName(child.segment, page);
    if (name === undefined || entries.has(name)) continue;
    const stat = child.directory ? directory : fileStat(link);
    entries.set(name, stat === undefined ? { name } : { name, stat });
  }
  return [...entries.values()];
}

const directory: Stat = { type: "directory", sizeBytes: 0 };

/** The one segment by which a link is below the page, still encoded; undefined for every other link. */
function childOf(href: string, page: URL): { segment: string; directory: boolean } | undefined {
  const url = URL.canParse(href, page.href) ? new URL(href, page.href) : undefined;
  if (url === undefined || url.origin !== page.origin || url.username !== "" || url.password !== "") return undefined;
  // A query asks for the same page in another order.
  if (url.search !== "" || !url.pathname.startsWith(page.pathname)) return undefined;
  const rest = url.pathname.slice(page.pathname.length);
  const isDirectory = rest.endsWith("/");
  const segment = isDirectory ? rest.slice(0, -1) : rest;
  return segment === "" || segment.includes("/") ? undefined : { segment, directory: isDirectory };
}

function decodedName(segment: string, page: Location): string | undefined {
  try {
    const name = decodePercent(segment, "name", "invalid-path");
    if (!asciiControlCharacter.test(name)) return name;
  } catch {
    // Bytes that are no text, or an escape that is none: told below.
  }
  publish("samewire:list:refused-name", () => ({ url: page.redactedUrl, name: JSON.stringify(segment) }));
  return undefined;
}

/** `12-Jan-2026 10:00 1234` (nginx), `2026-01-12 10:00 1.2K` (Apache). */
const dateAndSize = /^(?:\d{2}-[A-Z][a-z]{2}-\d{4}|\d{4}-\d{2}-\d{2}) \d{2}:\d{2}(?::\d{2})? (\d{1,16})(?: |$)/;

/**
 * What a page says of a file, where it says it exactly: a length in bytes, not in rounded kilobytes; a date with its time zone, which nginx
 * and Apache leave out.
 */
function fileStat({ beside, size, date }: IndexLink): Stat | undefined {
  const digits = size ?? dateAndSize.exec(beside)?.[1];
  if (digits === undefined || !/^\d{1,16}$/.test(digits)) return undefined;
  const mtime = date !== undefined && /(?:Z|[+-]\d{2}:\d{2})$/.test(date) ? new Date(date) : undefined;
  const sizeBytes = Number(digits);
  return {
    type: "file",
    sizeBytes,
    ...(mtime === undefined || Number.isNaN(mtime.getTime()) ? undefined : { mtime }),
  };
}
