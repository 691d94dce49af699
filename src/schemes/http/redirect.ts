import { isUtf8 } from "node:buffer";

import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Registry } from "../../transport/registry.ts";
import type { Location } from "../../url/location.ts";
import { originOf, webScheme } from "./http-origin.ts";

const statuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** As many as a chain of mirrors has; browsers allow twenty, and loops are longer than both. */
export const maxRedirects = 8;

export function isRedirect(status: number): boolean {
  return statuses.has(status);
}

/**
 * Where a server sends a reader who asked for `from`. Only ever another place on the web, never a less secure one, and nobody's name or
 * password is taken from there.
 *
 * @throws TransportError `protocol-error` where the server does not say, or says what is no location; `unsupported` where it must not be followed
 */
export function redirectTarget(registry: Registry, from: Location, text: string | undefined): Location {
  if (text === undefined || text.trim() === "")
    throw new TransportError("protocol-error", "the server sends the reader elsewhere, and does not say where");
  const to = parseTarget(registry, absoluteUrl(from, utf8(text.trim())));
  if (to.decorators.length > 0 || (to.scheme !== "http" && to.scheme !== "https"))
    throw refused("to another kind of place");
  if (webScheme(from) === "https" && to.scheme === "http")
    throw refused("from https: to http:, where everybody can read along");
  if (to.user !== undefined || to.password !== undefined) throw refused("to a place with a user or a password in it");
  return to;
}

/** Whether two locations are of one origin: what is secret to the one may be told to the other. */
export function sameOrigin(one: Location, other: Location): boolean {
  return originOf(one) === originOf(other);
}

/** Whether a server says by a redirect that what was asked for is a directory: it has the same name, and a slash behind it. */
export function isDirectoryRedirect(from: Location, to: Location): boolean {
  return !from.directory && to.directory && to.query === undefined && to.name === from.name;
}

/** RFC 3986, 5.2.2, without the dot segments: the parser of locations resolves them. */
function absoluteUrl(from: Location, text: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return text;
  if (text.startsWith("//")) return `${webScheme(from)}:${text}`;
  const origin = originOf(from);
  if (text.startsWith("/")) return origin + text;
  const [path = "/"] = from.target.split("?", 1);
  if (text.startsWith("?") || text.startsWith("#")) return origin + path + text;
  return origin + path.slice(0, path.lastIndexOf("/") + 1) + text;
}

/** Header fields are read byte by byte. Servers mean UTF-8. */
function utf8(text: string): string {
  const bytes = Buffer.from(text, "latin1");
  if (isUtf8(bytes)) return bytes.toString("utf8");
  throw new TransportError("protocol-error", "the server sends the reader to what is no text");
}

function parseTarget(registry: Registry, url: string): Location {
  try {
    return registry.parse(url);
  } catch (error) {
    if (isTransportError(error, "unsupported-scheme")) throw refused("to a place of an unknown kind");
    throw new TransportError("protocol-error", "the server sends the reader to what is no location", { cause: error });
  }
}

function refused(where: string): TransportError {
  return new TransportError("unsupported", `the server sends the reader ${where}, which is not followed`, {
    hint: "If you trust that place, use its URL",
  });
}
