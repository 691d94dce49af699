import { controlCharacter, hasLoneSurrogate } from "./characters.ts";
import { normaliseHost } from "./host.ts";
import { parseLocalPath } from "./local-path.ts";
import { Location } from "./location.ts";
import { LocationError } from "./location-error.ts";
import { decodePercent, encodeQuery } from "./percent-encoding.ts";
import { redactText } from "./redact.ts";
import type { UrlSyntax } from "./url-syntax.ts";
import { parsePath } from "./url-path.ts";
import { parseUserinfo } from "./userinfo.ts";

/** The syntax of a scheme, or undefined for one that is not registered. */
export type SyntaxOf = (scheme: string) => UrlSyntax | undefined;

/** What is registered. */
export interface KnownNames {
  schemes(): readonly string[];
  decorators(name: string): boolean;
}

/** No operating system stores a longer name, and whoever registers one has something else in mind. It bounds the prefixes, too. */
const schemeText = /^[A-Za-z][A-Za-z0-9+.-]{0,254}$/;
/** Visible ASCII but for the backslash, the question mark and the number sign: nothing in it needs a look. */
const ordinary = /^[!"$->@-[\]-~]*$/;
/** Shared by all locations without any, so frozen. */
const noDecorators: readonly string[] = Object.freeze([]);

/**
 * Parses what a caller hands in: a URL, a `URL`, a local path, or what was parsed before.
 *
 * @throws LocationError `invalid-url`, `invalid-path`, `unsupported-scheme`
 */
export function parseLocation(input: string | URL | Location, syntaxOf: SyntaxOf, known: KnownNames): Location {
  if (input instanceof Location) return input;
  const text = input instanceof URL ? input.href : input;
  if (typeof text !== "string") throw new LocationError("invalid-url", "a location is a string, a URL or a Location");
  try {
    return parseText(text, !(input instanceof URL), syntaxOf, known);
  } catch (error) {
    if (!(error instanceof LocationError) || error.url !== undefined) throw error;
    throw new LocationError(error.code, error.message, { hint: error.hint, url: redactText(text) });
  }
}

function parseText(text: string, localPaths: boolean, syntaxOf: SyntaxOf, known: KnownNames): Location {
  const colon = text.indexOf(":");
  const name = colon < 0 ? "" : text.slice(0, colon);
  const hasAuthority = colon >= 0 && text.startsWith("//", colon + 1);
  if (!schemeText.test(name)) {
    if (!hasAuthority || name.includes("/")) return localPath(text, syntaxOf);
    throw new LocationError("invalid-url", 'what stands before "://" is not the name of a scheme', {
      hint: "A local path of that name is written with ./ before it",
    });
  }
  const prefix = parsePrefix(name.toLowerCase(), syntaxOf, known);
  const { scheme, syntax } = prefix;
  if (syntax === undefined) {
    if (!hasAuthority && localPaths) return localPath(text, syntaxOf);
    throw unsupported(scheme, known);
  }
  if (hasAuthority) return parseAfterScheme(text, colon + 3, prefix.decorators, scheme, syntax);
  // RFC 8089 has file:/path. Elsewhere, and without a slash, it may be a slip or a local path: guessing would write to the wrong place.
  if (syntax.host === "none" && text.startsWith("/", colon + 1))
    return parseAfterScheme(text, colon + 1, prefix.decorators, scheme, syntax);
  const example = syntax.host === "none" ? `${scheme}:///path` : `${scheme}://host/path`;
  throw new LocationError("invalid-url", `"${scheme}:" is not followed by "//"`, {
    hint: `Write ${example}, or ./ before a local path that begins so`,
  });
}

interface Prefix {
  readonly decorators: readonly string[];
  readonly scheme: string;
  /** Undefined where the scheme is not registered. */
  readonly syntax: UrlSyntax | undefined;
}

/** `readonly+sftp`: a scheme's name may hold a `+` itself, so the whole is tried first, then less and less of it. */
function parsePrefix(name: string, syntaxOf: SyntaxOf, known: KnownNames): Prefix {
  let decorators: string[] | undefined;
  for (let scheme = name; ;) {
    const syntax = syntaxOf(scheme);
    const plus = scheme.indexOf("+");
    if (syntax !== undefined || plus <= 0 || !known.decorators(scheme.slice(0, plus)))
      return { decorators: decorators ?? noDecorators, scheme, syntax };
    (decorators ??= []).push(scheme.slice(0, plus));
    scheme = scheme.slice(plus + 1);
  }
}

function unsupported(scheme: string, known: KnownNames): LocationError {
  const registered = known.schemes();
  const hint =
    (scheme === "ssh" || scheme === "scp") && registered.includes("sftp")
      ? "Write sftp://…: files over SSH have that scheme"
      : `Registered are: ${registered.join(", ")}`;
  return new LocationError("unsupported-scheme", `no scheme is registered as "${scheme}"`, { hint });
}

function parseAfterScheme(
  text: string,
  start: number,
  decorators: readonly string[],
  scheme: string,
  syntax: UrlSyntax,
): Location {
  let end = text.length;
  let query: string | undefined;
  if (!ordinary.test(text)) {
    checkCharacters(text);
    ({ end, query } = splitQuery(text, start, syntax));
  }
  let slash = text.indexOf("/", start);
  if (slash < 0 || slash > end) slash = end;
  const { user, password, host, typedHost, port } = parseAuthority(text.slice(start, slash), scheme, syntax);
  const { home, segments, written, directory } = parsePath(text.slice(slash, end), syntax);
  // Named one by one: every getTransport comes by here, and two spreads are slower.
  return new Location({
    syntax,
    decorators,
    scheme,
    user,
    password,
    host,
    typedHost,
    port,
    home,
    segments,
    written,
    directory,
    query,
    target: syntax.query ? exactTarget(text.slice(slash, end), query) : undefined,
  });
}

/** What a request line can hold as it is. */
const sendable = /^[!$-;=?-Z_a-z~]*$/;
const dotSegment = /(?:^|\/)\.{1,2}(?:\/|$)/;

/** Path and query as they were written, unless they have to be written anew: no request says what is relative, or not in ASCII. */
function exactTarget(path: string, query: string | undefined): string | undefined {
  if (!sendable.test(path) || dotSegment.test(path)) return undefined;
  const rooted = path === "" ? "/" : path;
  return query === undefined ? rooted : `${rooted}?${query}`;
}

function checkCharacters(text: string): void {
  if (controlCharacter.test(text)) throw new LocationError("invalid-url", "the URL has a control character");
  if (hasLoneSurrogate(text)) {
    throw new LocationError("invalid-url", "the URL has half a character (a lone surrogate)");
  }
  if (text.includes("\\")) {
    throw new LocationError("invalid-url", "the URL has a backslash", {
      hint: "Write / between directories, and %5C for a backslash in a name",
    });
  }
  // It comes along when a line is read from a file. As part of a name it would lead to another one than was meant.
  if (text.endsWith(" ")) {
    throw new LocationError("invalid-url", "the URL ends in white space", {
      hint: "Where it belongs to a name, write it as %20",
    });
  }
}

/** Where the path ends, and what follows it. A fragment is never sent anywhere: it is dropped where there may be a query. */
function splitQuery(text: string, start: number, syntax: UrlSyntax): { end: number; query: string | undefined } {
  const hash = text.indexOf("#", start);
  const mark = text.indexOf("?", start);
  if (hash < 0 && mark < 0) return { end: text.length, query: undefined };
  if (!syntax.query) {
    const [character, escape] = mark >= 0 && (hash < 0 || mark < hash) ? ["?", "%3F"] : ["#", "%23"];
    throw new LocationError("invalid-url", `the URL has a "${character}", which has no meaning here`, {
      hint: `In a name, write it as ${escape}`,
    });
  }
  const end = hash < 0 ? text.length : hash;
  return mark < 0 || mark > end
    ? { end, query: undefined }
    : { end: mark, query: encodeQuery(text.slice(mark + 1, end)) };
}

interface Authority {
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly host: string;
  readonly typedHost: string;
  readonly port: number | undefined;
}

const noAuthority: Authority = { user: undefined, password: undefined, host: "", typedHost: "", port: undefined };

function parseAuthority(text: string, scheme: string, syntax: UrlSyntax): Authority {
  if (syntax.host === "none") {
    if (text === "" || text.toLowerCase() === "localhost") return noAuthority;
    throw new LocationError("invalid-url", `a ${scheme}: URL names no host`, {
      hint: `Write ${scheme}:///path with three slashes`,
    });
  }
  if (text === "") {
    if (syntax.host === "optional") return noAuthority;
    throw new LocationError("invalid-url", "the URL names no host");
  }
  const at = text.lastIndexOf("@");
  const { user, password } = at < 0 ? noAuthority : parseUserinfo(text.slice(0, at), scheme, syntax);
  const { host, typedHost, port } = parseHostPort(at < 0 ? text : text.slice(at + 1));
  return { user, password, host, typedHost, port };
}

function parseHostPort(text: string): { host: string; typedHost: string; port: number | undefined } {
  if (text.startsWith("[")) {
    const bracket = text.indexOf("]");
    if (bracket < 0) throw new LocationError("invalid-url", 'the host begins with "[" and has no "]"');
    // RFC 6874 writes the zone's percent sign as %25; people write it plain.
    const typedHost = text.slice(1, bracket).replace("%25", "%");
    const rest = text.slice(bracket + 1);
    if (rest !== "" && !rest.startsWith(":"))
      throw new LocationError("invalid-url", 'something other than a port follows the "]"');
    return { host: normaliseHost(typedHost, true), typedHost, port: parsePort(rest.slice(1)) };
  }
  const colon = text.indexOf(":");
  if (colon !== text.lastIndexOf(":")) {
    throw new LocationError("invalid-url", "the host has more than one colon", {
      hint: "An IPv6 address stands in brackets: [::1]",
    });
  }
  const typedHost = decodePercent(colon < 0 ? text : text.slice(0, colon), "host", "invalid-url");
  return {
    host: normaliseHost(typedHost, false),
    typedHost,
    port: colon < 0 ? undefined : parsePort(text.slice(colon + 1)),
  };
}

/** An empty port is none (RFC 3986). */
function parsePort(text: string): number | undefined {
  if (text === "") return undefined;
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new LocationError("invalid-url", "the port is not a number from 1 to 65535", {
    hint: "What stands before the host ends in @: user:password@host",
  });
}

function localPath(text: string, syntaxOf: SyntaxOf): Location {
  const syntax = syntaxOf("file");
  if (syntax === undefined)
    throw new LocationError("unsupported-scheme", "local paths need the scheme file, which is not registered");
  return parseLocalPath(text, syntax);
}
