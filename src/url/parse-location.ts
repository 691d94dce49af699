import { normaliseHost } from "./host.ts";
import { parseLocalPath } from "./local-path.ts";
import { Location } from "./location.ts";
import { LocationError } from "./location-error.ts";
import { decodePercent } from "./percent-encoding.ts";
import { escapeControls, redactText } from "./redact.ts";
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

const controlCharacter = /[\u0000-\u001f\u007f]/;
const schemeText = /^[A-Za-z][A-Za-z0-9+.-]*$/;
const noDecorators: readonly string[] = [];

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
    return parseText(text, syntaxOf, known);
  } catch (error) {
    if (!(error instanceof LocationError) || error.url !== undefined) throw error;
    throw new LocationError(error.code, error.message, { hint: error.hint, url: redactText(text) });
  }
}

function parseText(text: string, syntaxOf: SyntaxOf, known: KnownNames): Location {
  const colon = text.indexOf(":");
  const prefix = colon < 0 ? "" : text.slice(0, colon);
  if (colon <= 0 || !schemeText.test(prefix)) return localPath(text, syntaxOf);
  const lower = prefix.toLowerCase();
  const hasAuthority = text.startsWith("//", colon + 1);
  if (!hasAuthority && !lower.endsWith("file")) {
    if (!text.startsWith("/", colon + 1) || syntaxOf(lower) === undefined) return localPath(text, syntaxOf);
    throw new LocationError("invalid-url", `"${lower}:" is not followed by "//"`, { hint: `Write ${lower}://…` });
  }
  if (controlCharacter.test(text)) throw new LocationError("invalid-url", "the URL has a control character");
  const { decorators, scheme, syntax } = parseScheme(lower, syntaxOf, known);
  if (hasAuthority) return parseAfterScheme(text, colon + 3, decorators, scheme, syntax);
  if (!text.startsWith("/", colon + 1)) {
    throw new LocationError("invalid-url", `"${lower}:" is not followed by an absolute path`, {
      hint: `Write ${lower}:///path, or the path alone`,
    });
  }
  return parseAfterScheme(text, colon + 1, decorators, scheme, syntax);
}

/** `readonly+sftp`: a scheme's name may hold a `+` itself, so the whole is tried first, then less and less of it. */
function parseScheme(
  name: string,
  syntaxOf: SyntaxOf,
  known: KnownNames,
): { decorators: readonly string[]; scheme: string; syntax: UrlSyntax } {
  let decorators: string[] | undefined;
  for (let scheme = name; ;) {
    const syntax = syntaxOf(scheme);
    if (syntax !== undefined) return { decorators: decorators ?? noDecorators, scheme, syntax };
    const plus = scheme.indexOf("+");
    if (plus <= 0 || !known.decorators(scheme.slice(0, plus))) throw unsupported(scheme, known);
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
  return new LocationError("unsupported-scheme", `no scheme is registered as "${escapeControls(scheme)}"`, { hint });
}

function parseAfterScheme(
  text: string,
  start: number,
  decorators: readonly string[],
  scheme: string,
  syntax: UrlSyntax,
): Location {
  if (text.includes("\\", start)) {
    throw new LocationError("invalid-url", "the URL has a backslash", {
      hint: "Write / between directories, and %5C for a backslash in a name",
    });
  }
  const { end, query } = splitQuery(text, start, syntax);
  let slash = text.indexOf("/", start);
  if (slash < 0 || slash > end) slash = end;
  const authority = parseAuthority(text.slice(start, slash), scheme, syntax);
  const path = parsePath(text.slice(slash, end), syntax);
  return new Location({ syntax, decorators, scheme, ...authority, ...path, query });
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
  return mark < 0 || mark > end ? { end, query: undefined } : { end: mark, query: text.slice(mark + 1, end) };
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
  if (host === "" && syntax.host === "required") throw new LocationError("invalid-url", "the URL names no host");
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
    hint: "An IPv6 address stands in brackets: [::1]",
  });
}

function localPath(text: string, syntaxOf: SyntaxOf): Location {
  const syntax = syntaxOf("file");
  if (syntax === undefined)
    throw new LocationError("unsupported-scheme", "local paths need the scheme file, which is not registered");
  return parseLocalPath(text, syntax);
}
