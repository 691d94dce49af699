import { S3Error } from "./s3-error.ts";

/** Text as signatures encode it: all but RFC 3986's unreserved characters; slashes are kept where they separate. */
export function uriEncoded(text: string, { slashes = false }: { readonly slashes?: boolean } = {}): string {
  const encoded = encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return slashes ? encoded.replaceAll("%2F", "/") : encoded;
}

/** A key as listings show it with `encoding-type=url`: as a form has it, a space is a plus. */
export function listEncoded(text: string): string {
  return uriEncoded(text, { slashes: true }).replaceAll("%20", "+");
}

/** Percent-decoded text. Throws InvalidURI for what is not UTF-8. */
export function uriDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error("InvalidURI");
  }
}

/** The parameters of a query, decoded, in the order in which they were sent. */
export function queryOf(query: string): ReadonlyMap<string, string> {
  const pairs = query.split("&").filter((pair) => pair !== "");
  return new Map(
    pairs.map((pair) => {
      const [name = "", ...value] = pair.replaceAll("+", "%20").split("=");
      return [uriDecoded(name), uriDecoded(value.join("="))];
    }),
  );
}
