import { asciiControlCharacter } from "./characters.ts";
import { LocationError } from "./location-error.ts";
import { endsAsDirectory, splitPath } from "./path.ts";
import { decodePercent, encodeSegment } from "./percent-encoding.ts";
import type { UrlSyntax } from "./url-syntax.ts";

export interface UrlPath {
  readonly home: boolean;
  readonly segments: readonly string[];
  readonly written: readonly string[] | undefined;
  readonly directory: boolean;
}

/** Shared by all locations without a path, so frozen. */
const root: UrlPath = { home: false, segments: Object.freeze([]), written: undefined, directory: true };
const encodedSlash = /%2f/i;

/** Parses the path of a URL: split on `/` first, then each segment decoded once. */
export function parsePath(text: string, syntax: UrlSyntax): UrlPath {
  if (text === "" || text === "/") return root;
  const home = syntax.homeDirectory && (text === "/~" || text.startsWith("/~/"));
  const segments: string[] = [];
  const written: string[] | undefined = syntax.encodedSlash && encodedSlash.test(text) ? [] : undefined;
  for (const segment of splitPath(home ? text.slice(2) : text)) {
    if (segment === "..") {
      segments.pop();
      written?.pop();
    } else if (segment.includes("%")) {
      const parts = decodeSegment(segment, syntax);
      segments.push(parts.join("%2F"));
      written?.push(parts.map(encodeSegment).join("%2F"));
    } else {
      segments.push(segment);
      written?.push(encodeSegment(segment));
    }
  }
  return { home, segments, written, directory: endsAsDirectory(text) || (home && segments.length === 0) };
}

/** The text of a segment; in several parts where an encoded slash is kept, which is never decoded. */
function decodeSegment(raw: string, syntax: UrlSyntax): readonly string[] {
  const parts = (syntax.encodedSlash ? raw.split(encodedSlash) : [raw]).map((part) =>
    decodePercent(part, "path", "invalid-path"),
  );
  if (parts.length === 1 && (parts[0] === "." || parts[0] === "..")) {
    throw new LocationError("invalid-path", 'the path has an encoded "." or ".."', {
      hint: "Write it unencoded, or leave it out",
    });
  }
  for (const part of parts) checkDecoded(part, syntax);
  return parts;
}

function checkDecoded(text: string, syntax: UrlSyntax): void {
  if (text.includes("\0")) throw new LocationError("invalid-path", "the path has an encoded NUL character");
  if (text.includes("/")) {
    throw new LocationError("invalid-path", "the path has an encoded slash, which no name can hold", {
      hint: "Write / between directories",
    });
  }
  if (!syntax.controlCharacters && asciiControlCharacter.test(text)) {
    throw new LocationError(
      "invalid-path",
      "the path has an encoded control character, which servers of this scheme cannot store",
    );
  }
}
