import { isIPv6 } from "node:net";
import { domainToASCII } from "node:url";

import { LocationError } from "./location-error.ts";

/** Names that need nothing: lower-case letters, digits, dots, hyphens and underscores, not beginning with a hyphen. */
const plainHost = /^[a-z0-9_][a-z0-9_.-]*$/;
/** What makes a host dangerous in a command line or ambiguous in a URL (RFC 3986 and WHATWG's forbidden host code points). */
const forbidden = /[\u0000-\u0020\u007f"#$%&'()*,/:;<=>?@[\\\]^`{|}~!+]/;

/**
 * A host for comparison: lower case, international names in their ASCII form, IPv6 addresses in canonical form without brackets, a
 * trailing dot kept. `text` is percent-decoded.
 */
export function normaliseHost(text: string, bracketed: boolean): string {
  if (bracketed) return canonicalIPv6(text);
  if (plainHost.test(text)) return checkNumeric(text);
  if (text === "") throw new LocationError("invalid-url", "the host is empty");
  if (text.startsWith("-")) throw new LocationError("invalid-url", 'a host cannot begin with "-"');
  if (forbidden.test(text)) throw new LocationError("invalid-url", "the host has a character that no host name has");
  const ascii = domainToASCII(text);
  // domainToASCII gives "" for what is no name, and turns look-alikes of dots and slashes into the real ones: check again.
  if (ascii === "" || !plainHost.test(ascii)) throw new LocationError("invalid-url", "the host is not a valid name");
  return checkNumeric(ascii);
}

/**
 * A name whose last label is a number is an IPv4 address, and then in its one canonical form: what resolvers make of `0x7f.1` or `127.1`
 * differs (WHATWG URL, "ends in a number").
 */
function checkNumeric(host: string): string {
  const labels = (host.endsWith(".") ? host.slice(0, -1) : host).split(".");
  const last = labels.at(-1) as string;
  if (!/^(?:[0-9]+|0x[0-9a-f]*)$/.test(last)) {
    if (labels.includes("")) throw new LocationError("invalid-url", "the host has an empty label");
    return host;
  }
  const canonical =
    labels.length === 4 && labels.every((label) => /^(?:0|[1-9][0-9]{0,2})$/.test(label) && Number(label) < 256);
  if (canonical) return host;
  throw new LocationError("invalid-url", "the host ends in a number but is not an IPv4 address", {
    hint: "Write it as four decimal numbers",
  });
}

/** RFC 5952 form; a zone id (RFC 6874) is kept as it was written. */
function canonicalIPv6(text: string): string {
  const percent = text.indexOf("%");
  const address = percent < 0 ? text : text.slice(0, percent);
  const zone = percent < 0 ? "" : text.slice(percent);
  if (!isIPv6(address) || !/^(?:%[A-Za-z0-9._~-]+)?$/.test(zone))
    throw new LocationError("invalid-url", "the host in brackets is not an IPv6 address");
  return new URL(`http://[${address}]/`).hostname.slice(1, -1) + zone;
}
