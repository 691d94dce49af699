import { TransportError } from "../../../errors/transport-error.ts";

/** How names are bytes on the server. */
export type NameEncoding = "utf8" | "latin1";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const notLatin1 = /[^\0-\u00ff]/;
const surrogate = /[\ud800-\udfff]/;
const loneSurrogate = /\p{Surrogate}/u;

/** A name that the server gave as text; undefined where its bytes are no text in this encoding. */
export function decodeName(bytes: Uint8Array, encoding: NameEncoding): string | undefined {
  if (encoding === "latin1") return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined; // The decoder throws for exactly this.
  }
}

/** Refuses text that would arrive as another name. */
export function checkName(text: string, encoding: NameEncoding): void {
  const fits = encoding === "latin1" ? !notLatin1.test(text) : !surrogate.test(text) || !loneSurrogate.test(text);
  if (fits && !text.includes("\0")) return;
  throw new TransportError(
    "invalid-path",
    `this name cannot be written in ${encoding}`,
    encoding === "latin1" ? { hint: 'Servers that take any name want ssh: { encoding: "utf8" }' } : {},
  );
}
