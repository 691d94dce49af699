import { publish } from "../../../connection/events.ts";
import { asciiControlCharacter } from "../../../url/characters.ts";
import type { Location } from "../../../url/location.ts";
import { isName } from "../../../url/path.ts";
import { decodePercent } from "../../../url/percent-encoding.ts";
import { originOf } from "../http-origin.ts";

/** Where an href leads, seen from a directory: to itself, to what is right below it by that name, or to nothing that may be told. */
export type HrefTarget = { readonly kind: "self" } | { readonly kind: "child"; readonly name: string } | undefined;

/** What is shown of a text that a server sent. */
const shownLength = 200;

/** Reads an href: a path, or a URL of the directory's own server. Each segment is decoded once. */
export function hrefTarget(href: string, directory: Location): HrefTarget {
  const segments = segmentsOf(href, directory);
  const depth = directory.segments.length;
  if (segments === undefined || !directory.segments.every((segment, at) => segments[at] === segment)) return undefined;
  if (segments.length === depth) return { kind: "self" };
  return segments.length === depth + 1 ? { kind: "child", name: segments[depth] as string } : undefined;
}

/** Says that a server lists what cannot be an entry. */
export function reportHref(href: string, directory: Location): void {
  publish("samewire:list:refused-name", () => ({
    url: directory.redactedUrl,
    // A user or a password in it may be the reader's own, said back.
    name: JSON.stringify(href.slice(0, shownLength).replace(/\/\/[^/]*@/, "//***@")),
  }));
}

/** The decoded segments of an href from the root on; undefined for one that leads to another server, or is no path that a transport could be told. */
function segmentsOf(href: string, directory: Location): readonly string[] | undefined {
  const path = pathOf(href, directory);
  if (path === undefined || /[?#\\]/.test(path)) return undefined;
  const segments = path.startsWith("/") ? [] : [...directory.segments];
  for (const written of path.split("/")) {
    // An empty one means nothing, and neither does one dot; two would lead elsewhere.
    if (written === "" || written === ".") continue;
    const segment = decoded(written);
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  return segments;
}

function pathOf(href: string, directory: Location): string | undefined {
  const [, authority, path = "/"] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(href) ?? [];
  if (authority === undefined) return /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(href) ? undefined : href;
  const origin = originOf(directory);
  const own = origin.slice(origin.indexOf("//") + 2);
  return withoutPort(authority.toLowerCase()) === withoutPort(own) ? path : undefined;
}

/** A server behind a proxy may not know at which of the usual ports it is called. */
function withoutPort(authority: string): string {
  return authority.replace(/:(?:80|443)?$/, "");
}

function decoded(segment: string): string | undefined {
  try {
    const name = decodePercent(segment, "name", "invalid-path");
    return isName(name) && !asciiControlCharacter.test(name) ? name : undefined;
  } catch {
    return undefined; // Bytes that are no text, or an escape that is none: reported by whoever asks.
  }
}
