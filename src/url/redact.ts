/** How much of a location is shown in a message. */
const shownLength = 200;

/** A colon behind the host that no port follows: somebody forgot the `@`, or encoded it, and what follows may be a password. */
const notAPort = /^([^[\]/?#\\:]*:)(?![0-9]{0,5}(?:[/?#\\]|$))[^]*$/;

/**
 * Text that was meant to be a URL, fit for a message: whatever may be a password or a signature is left out, control characters are
 * escaped. It works on text that could not be parsed, so it hides too much rather than too little.
 */
export function redactText(text: string): string {
  const scheme = /^[^:/\\?#@]*:[/\\]*/.exec(text)?.[0] ?? "";
  let rest = text.slice(scheme.length);
  // What is a password and what is a path is not certain in a malformed URL: all up to the last "@" may be one.
  const at = rest.lastIndexOf("@");
  rest = at >= 0 ? `***@${rest.slice(at + 1)}` : rest.replace(notAPort, "$1***");
  const query = rest.search(/[?#]/);
  if (query >= 0) rest = `${rest.slice(0, query + 1)}***`;
  return escapeControls((scheme + rest).slice(0, shownLength));
}

/** Every value of a query replaced; the names stay. */
export function redactQuery(query: string): string {
  return query
    .split("&")
    .map((pair) => (pair.includes("=") ? `${pair.slice(0, pair.indexOf("="))}=***` : pair))
    .join("&");
}

/** Control characters, half characters, and whatever else moves a terminal's cursor or the reading direction, as escapes. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/gu,
    (character) => `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, "0")}`,
  );
}
