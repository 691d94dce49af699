import { LocationError } from "./location-error.ts";
import { decodePercent, encodeSegment } from "./percent-encoding.ts";
import type { UrlSyntax } from "./url-syntax.ts";

export interface UrlPath {
  readonly home: boolean;
  readonly segments: readonly string[];
  readonly written: readonly string[] | undefined;
  readonly directory: boolean;
}

const root: UrlPath = { home: false, segments: [], written: undefined, directory: true };

/** Parses the path of a URL: split on `/` first, then each segment decoded once. */
export function parsePath(text: string, syntax: UrlSyntax): UrlPath {
  if (text === "" || text === "/") return root;
  const raw = text.split("/");
  const home = syntax.homeDirectory && raw[1] === "~";
  const segments: string[] = [];
  const written: string[] = [];
  let encodedSlash = false;
  for (let at = home ? 2 : 1; at < raw.length; at++) {
    const segment = raw[at] as string;
    if (segment === "" || segment === ".") continue;
    if (segment === "..") {
      segments.pop();
      written.pop();
      continue;
    }
    const parsed = parseSegment(segment, syntax);
    encodedSlash ||= parsed.encodedSlash;
    segments.push(parsed.text);
    if (syntax.encodedSlash) written.push(parsed.written);
  }
  const last = raw.at(-1);
  const directory = last === "" || last === "." || last === ".." || (home && raw.length === 2);
  return { home, segments, written: encodedSlash ? written : undefined, directory };
}

const controlCharacter = /[\u0000-\u001f\u007f]/;

function parseSegment(raw: string, syntax: UrlSyntax): { text: string; written: string; encodedSlash: boolean } {
  if (!raw.includes("%"))
    return { text: raw, written: syntax.encodedSlash ? encodeSegment(raw) : raw, encodedSlash: false };
  // Where an encoded slash is kept, it is never decoded: its parts are, one by one.
  const parts = syntax.encodedSlash ? raw.split(/%2f/i) : [raw];
  const texts = parts.map((part) => decodePercent(part, "path", "invalid-path"));
  const text = texts.join("%2F");
  checkDecoded(text, texts, syntax);
  return { text, written: texts.map(encodeSegment).join("%2F"), encodedSlash: parts.length > 1 };
}

function checkDecoded(text: string, parts: readonly string[], syntax: UrlSyntax): void {
  if (text === "." || text === "..") {
    throw new LocationError("invalid-path", 'the path has an encoded "." or ".."', {
      hint: "Write it unencoded, or leave it out",
    });
  }
  if (text.includes("\0")) throw new LocationError("invalid-path", "the path has an encoded NUL character");
  if (parts.some((part) => part.includes("/"))) {
    throw new LocationError("invalid-path", "the path has an encoded slash, which no name can hold", {
      hint: "Write / between directories",
    });
  }
  if (!syntax.controlCharacters && controlCharacter.test(text)) {
    throw new LocationError(
      "invalid-path",
      "the path has an encoded control character, which servers of this scheme cannot store",
    );
  }
}
