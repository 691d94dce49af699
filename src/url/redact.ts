import { printable } from "./printable.ts";

/** How much of a location is shown in a message. */
const shownLength = 200;

/** What may stand for an `@` where a host should be: encoded, once or more often, or as an input method types it. */
const disguisedAt = /^[^/?#\\]*(?:%(?:25)*40|[\ufe6b\uff20])/i;

/** A colon behind the host, disguised or not, that no port follows: somebody forgot the `@`, and what follows may be a password. */
const notAPort =
  /^((?:(?!%(?:25)*3a)[^/?#\\:\ufe55\uff1a])*)(?::|%(?:25)*3a|[\ufe55\uff1a])(?![0-9]{0,5}(?:[/?#\\]|$))[^]*$/i;

/** An IPv6 address, whose colons come before no port. */
const address = /^\[[0-9a-f:.]+(?:%[a-z0-9._~-]+)?\]/i;

/**
 * Text that was meant to be a URL, fit for a message: whatever may be a password or a signature is left out, control characters are
 * escaped. It works on text that could not be parsed, so it hides too much rather than too little.
 */
export function redactText(text: string): string {
  const scheme = /^[^:/\\?#@]*:[/\\]*/.exec(text)?.[0] ?? "";
  const written = text.slice(scheme.length);
  // What is a password and what is a path is not certain in a malformed URL: all up to the last "@" may be one.
  const place = written.slice(written.lastIndexOf("@") + 1).replace(disguisedAt, "");
  const userinfo = place === written ? "" : "***@";
  const host = address.exec(place)?.[0] ?? "";
  let rest = place.slice(host.length).replace(notAPort, "$1:***");
  const query = rest.search(/[?#]/);
  if (query >= 0) rest = `${rest.slice(0, query + 1)}***`;
  return printable((scheme + userinfo + host + rest).slice(0, shownLength));
}

/** Every value of a query replaced; the names stay. What has no name is a value. */
export function redactQuery(query: string): string {
  return query
    .split("&")
    .map((pair) => (pair === "" ? "" : `${pair.slice(0, pair.indexOf("=") + 1)}***`))
    .join("&");
}
