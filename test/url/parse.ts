import type { Location } from "../../src/url/location.ts";
import { LocationError } from "../../src/url/location-error.ts";
import { parseLocation } from "../../src/url/parse-location.ts";
import type { UrlSyntax } from "../../src/url/url-syntax.ts";

const bare: UrlSyntax = {
  host: "required",
  userinfo: true,
  query: false,
  encodedSlash: false,
  controlCharacters: true,
  homeDirectory: true,
};
const sftp: UrlSyntax = { ...bare, defaultPort: 22 };
const http: UrlSyntax = {
  defaultPort: 80,
  host: "required",
  userinfo: true,
  query: true,
  encodedSlash: true,
  controlCharacters: false,
  homeDirectory: false,
};

/** One syntax of each kind that the contract speaks of. */
const syntaxes = new Map<string, UrlSyntax>([
  ["sftp", sftp],
  ["ftp", { ...sftp, defaultPort: 21, controlCharacters: false }],
  ["http", http],
  ["https", { ...http, defaultPort: 443 }],
  ["memory", { ...bare, host: "optional", homeDirectory: false }],
  ["file", { ...bare, host: "none", userinfo: false, homeDirectory: false }],
  ["plus+name", sftp],
]);
const decorators = new Set(["readonly", "trace"]);

export function parse(input: string | URL | Location): Location {
  return parseLocation(input, (name) => syntaxes.get(name), {
    schemes: () => [...syntaxes.keys()],
    decorators: (name) => decorators.has(name),
  });
}

/** The refusal of a location; undefined where it is accepted. Whatever else is thrown comes through. */
export function refusal(input: string | URL): LocationError | undefined {
  return refusalOf(() => parse(input));
}

export function refusalOf(work: () => unknown): LocationError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof LocationError) return error;
    throw error;
  }
}
