import { LocationError } from "./location-error.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What stands unencoded in a path segment that we print: RFC 3986 `pchar` without the percent sign. */
const plainSegment = /^[A-Za-z0-9\-._~!$&'()*+,;=:@]*$/;
const plainUser = /^[A-Za-z0-9\-._~!$&'()*+,;=]*$/;

/** Plain text as a segment of a URL's path. */
export function encodeSegment(text: string): string {
  return plainSegment.test(text) ? text : encodeWith(text, plainSegment);
}

/** Plain text as the user in a URL. */
export function encodeUser(text: string): string {
  return plainUser.test(text) ? text : encodeWith(text, plainUser);
}

/** A query with what no request target can hold encoded; what is encoded already, signatures among it, stays as it is. */
export function encodeQuery(text: string): string {
  return text.replace(/[ "<>\u0080-\u{10ffff}]/gu, (character) => encodeURIComponent(character));
}

function encodeWith(text: string, plain: RegExp): string {
  let encoded = "";
  for (const character of text) {
    if (plain.test(character)) encoded += character;
    else
      for (const byte of Buffer.from(character, "utf8"))
        encoded += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** Decodes percent escapes once. A broken escape, or bytes that are not UTF-8, are refused: `what` says where. */
export function decodePercent(text: string, what: string, code: "invalid-url" | "invalid-path"): string {
  if (!text.includes("%")) return text;
  const bytes = Buffer.from(text, "utf8");
  const decoded = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    let byte = bytes[at] as number;
    if (byte === 0x25) {
      const [high, low] = [hexValue(bytes[at + 1]), hexValue(bytes[at + 2])];
      if (high < 0 || low < 0) {
        throw new LocationError(code, `the ${what} has a "%" that no two hexadecimal digits follow`, {
          hint: "Write a percent sign as %25",
        });
      }
      byte = high * 16 + low;
      at += 2;
    }
    decoded[length++] = byte;
  }
  try {
    return utf8.decode(decoded.subarray(0, length));
  } catch {
    throw new LocationError(code, `the ${what} has escapes that are not UTF-8`, {
      hint: "Percent-encode the UTF-8 bytes of the name",
    });
  }
}

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
