import { isIPv6 } from "node:net";
import { domainToASCII, domainToUnicode } from "node:url";

import { LocationError } from "./location-error.ts";

/** DNS has room for 253 characters and a dot at the end; encoding a longer international name would cost the square of its length. */
const longestHost = 254;
/** Names that need nothing: lower-case letters, digits, dots, hyphens and underscores, not beginning with a dot or a hyphen. */
const plainHost = /^[a-z0-9_][a-z0-9_.-]*$/;
const nonAscii = /[^\u0000-\u007f]/;
/** What makes a host dangerous in a command line or ambiguous in a URL (RFC 3986 and WHATWG's forbidden host code points). */
const forbidden = /[\u0000-\u0020\u007f"#$%&'()*,/:;<=>?@[\\\]^`{|}~!+]/;
/** WHATWG URL, "ends in a number": what resolvers make of `0x7f.1` or `127.1` differs. */
const endsInNumber = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/;
const decimalAddress = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|\.?$)){4}$/;

/**
 * A host for comparison: lower case, international names in their ASCII form, IPv6 addresses in canonical form without brackets, a
 * trailing dot kept. `text` is percent-decoded.
 */
export function normaliseHost(text: string, bracketed: boolean): string {
  if (bracketed) return canonicalIPv6(text);
  if (text === "") throw new LocationError("invalid-url", "the URL names no host");
  if (text.length > longestHost) throw new LocationError("invalid-url", "the host is longer than a name can be");
  const host = plainHost.test(text) ? text : asciiHost(text);
  if (host.includes("..")) throw new LocationError("invalid-url", "the host has an empty label");
  if (endsInNumber.test(host) && !decimalAddress.test(host)) {
    throw new LocationError("invalid-url", "the host ends in a number but is not an IPv4 address", {
      hint: "Write it as four decimal numbers",
    });
  }
  // Punycode that says nothing is no name. It looks like one until somebody decodes it.
  if (host.includes("xn--") && host.split(".").some(saysNothing)) throw notAName();
  return host;
}

/** Whether a label is punycode for nothing. What domainToASCII makes of that depends on the version of Node, so the label is decoded. */
function saysNothing(label: string): boolean {
  return label.startsWith("xn--") && (domainToASCII(label) !== label || domainToUnicode(label) === label);
}

function asciiHost(text: string): string {
  if (text.startsWith("-")) throw new LocationError("invalid-url", 'a host cannot begin with "-"');
  if (forbidden.test(text)) throw new LocationError("invalid-url", "the host has a character that no host name has");
  // Only what is not ASCII goes to domainToASCII: it also rewrites numbers, and 0X7F.1 would come back as 127.0.0.1.
  const international = nonAscii.test(text);
  const host = international ? domainToASCII(text) : text.toLowerCase();
  // It gives "" for what is no name, and turns look-alikes of dots, slashes and digits into the real ones: check again.
  if (!plainHost.test(host) || host.length > longestHost || (international && endsInNumber.test(host)))
    throw notAName();
  return host;
}

function notAName(): LocationError {
  return new LocationError("invalid-url", "the host is not a valid name");
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
