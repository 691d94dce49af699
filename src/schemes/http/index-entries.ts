import { publish } from "../../connection/events.ts";
import type { RawEntry } from "../../transport/primitives.ts";
import type { Stat } from "../../transport/stat.ts";
import { asciiControlCharacter } from "../../url/characters.ts";
import type { Location } from "../../url/location.ts";
import { decodePercent } from "../../url/percent-encoding.ts";
import { originOf } from "./http-origin.ts";
import type { IndexLink } from "./index-page.ts";

/** Links that are looked at in one go. */
const batchSize = 1_000;

/**
 * What the links of an index page say is in the directory, in batches: only what is right below the page itself, each name decoded once, each
 * once. A link that leads elsewhere is none of the directory's entries, and a name that no path could say is reported.
 */
export function* entriesOf(links: readonly IndexLink[], page: Location): Generator<readonly RawEntry[]> {
  const base = new URL(originOf(page) + page.target);
  const names = new Set<string>();
  for (let at = 0; at < links.length; at += batchSize) {
    const entries: RawEntry[] = [];
    for (const link of links.slice(at, at + batchSize)) {
      const entry = entryOf(link, base, page);
      if (entry === undefined || names.has(entry.name)) continue;
      names.add(entry.name);
      entries.push(entry);
    }
    yield entries;
  }
}

const directory: Stat = { type: "directory", sizeBytes: 0 };

function entryOf(link: IndexLink, base: URL, page: Location): RawEntry | undefined {
  const child = childOf(link.href, base);
  if (child === undefined) return undefined;
  const name = link.href.includes(undecodable) ? undefined : decodedName(child.segment);
  if (name === undefined) {
    publish("samewire:list:refused-name", () => ({ url: page.redactedUrl, name: JSON.stringify(child.segment) }));
    return undefined;
  }
  const stat = child.directory ? directory : fileStat(link);
  return stat === undefined ? { name } : { name, stat };
}

/** What stands for bytes that are no text in the encoding of the page. */
const undecodable = "\ufffd";

/** The one segment by which a link is below the page, still encoded; undefined for every other link. */
function childOf(href: string, page: URL): { segment: string; directory: boolean } | undefined {
  const url = resolved(href, page);
  if (url === undefined || url.origin !== page.origin || url.username !== "" || url.password !== "") return undefined;
  // A query asks for the same page in another order.
  if (url.search !== "") return undefined;
  const isDirectory = url.pathname.endsWith("/");
  const path = isDirectory ? url.pathname.slice(0, -1) : url.pathname;
  const cut = path.lastIndexOf("/") + 1;
  const segment = path.slice(cut);
  if (segment === "" || !isSamePath(path.slice(0, cut), page.pathname)) return undefined;
  return { segment, directory: isDirectory };
}

function resolved(href: string, page: URL): URL | undefined {
  try {
    return new URL(href, page.href);
  } catch {
    return undefined; // It leads nowhere.
  }
}

/** Whether two paths are one, whichever of their characters each has encoded. */
function isSamePath(one: string, other: string): boolean {
  return one === other || normalised(one) === normalised(other);
}

function normalised(path: string): string {
  return path.replaceAll(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[!-~]/.test(character) && character !== "/" && character !== "%" ? character : escape.toUpperCase();
  });
}

/** A name decoded; undefined for bytes that are no text, an escape that is none, or a character that no path of HTTP has. */
function decodedName(segment: string): string | undefined {
  try {
    const name = decodePercent(segment, "name", "invalid-path");
    return asciiControlCharacter.test(name) ? undefined : name;
  } catch {
    return undefined; // Its caller tells.
  }
}

/** `12-Jan-2026 10:00 1234` (nginx), `2026-01-12 10:00 1.2K` (Apache). */
const dateAndSize = /^(?:\d{2}-[A-Z][a-z]{2}-\d{4}|\d{4}-\d{2}-\d{2}) \d{2}:\d{2}(?::\d{2})? (\d{1,16})(?: |$)/;

/**
 * What a page says of a file, where it says it exactly: a length in bytes, not in rounded kilobytes; a date with its time zone, which nginx
 * and Apache leave out.
 */
function fileStat({ beside, size, date }: IndexLink): Stat | undefined {
  const digits = size ?? dateAndSize.exec(beside)?.[1];
  if (digits === undefined || !/^\d{1,15}$/.test(digits)) return undefined;
  const mtime = date !== undefined && /(?:Z|[+-]\d{2}:\d{2})$/.test(date) ? new Date(date) : undefined;
  const sizeBytes = Number(digits);
  return {
    type: "file",
    sizeBytes,
    ...(mtime === undefined || Number.isNaN(mtime.getTime()) ? undefined : { mtime }),
  };
}
