import { isName } from "../url/path.ts";
import { decodePercent } from "../url/percent-encoding.ts";
import { Refusal } from "./refusal.ts";

/** Where a request target, or the URL in a header, leads. */
export interface GatewayTarget {
  /** The host and port of an absolute URL; undefined where the target begins with a slash. */
  readonly authority: string | undefined;
  /** Plain text below the base, without a slash at either end; `""` is the base itself. */
  readonly path: string;
  /** Whether it ends in a slash; that of the base does. */
  readonly slash: boolean;
  /** The query as it was written, with its question mark; or `""`. */
  readonly search: string;
}

/** What may stand in a request target: a space would end it, and what is not ASCII is encoded. Browsers take a backslash for a slash. */
const printable = /^[\x21-\x5b\x5d-\x7e]*$/;
const absolute = /^https?:\/\/([^/?#]*)([^]*)$/i;

/**
 * Reads a request target. It is split on `/` first, then each segment is decoded once; what is no name (a dot segment, an encoded slash, NUL, an empty segment, which
 * at the front would be another host) is refused, and not resolved: clients have done so before they ask.
 *
 * @throws Refusal 400
 */
export function parseTarget(text: string): GatewayTarget {
  const [, authority, behind] = absolute.exec(text) ?? [];
  const place = behind ?? text;
  const question = place.indexOf("?");
  const search = question < 0 ? "" : place.slice(question);
  const written = (question < 0 ? place : place.slice(0, question)) || (authority === undefined ? "" : "/");
  if (!printable.test(text) || text.includes("#") || !written.startsWith("/"))
    throw new Refusal(400, "the request target is malformed");
  const segments = written.slice(1).split("/");
  const slash = segments.at(-1) === "";
  if (slash) segments.pop();
  return { authority, path: segments.map(decodedName).join("/"), slash, search };
}

function decodedName(segment: string): string {
  const name = decoded(segment);
  if (!isName(name)) throw new Refusal(400, "a part of the path is no name");
  return name;
}

function decoded(segment: string): string {
  try {
    return decodePercent(segment, "path", "invalid-path");
  } catch {
    throw new Refusal(400, "the path has escapes that are not UTF-8");
  }
}
