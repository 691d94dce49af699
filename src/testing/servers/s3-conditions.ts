import { S3Error } from "./s3-error.ts";
import type { S3Request } from "./s3-request.ts";
import type { S3Object } from "./s3-store.ts";

type Tagged = Pick<S3Object, "etag" | "modified">;

/** Whether a list of tags, as conditions have it, names one. */
function names(list: string, etag: string): boolean {
  return list.split(",").some((one) => {
    const tag = one.trim().replace(/^W\//, "");
    return tag === "*" || tag.replaceAll('"', "") === etag;
  });
}

function isOlder(object: Tagged, than: string): boolean {
  return Math.floor(object.modified.getTime() / 1000) * 1000 <= Date.parse(than);
}

/** The conditions of a read. Throws PreconditionFailed or NotModified. */
export function checkRead(request: S3Request, object: Tagged, prefix: "" | "x-amz-copy-source-" = ""): void {
  const match = request.header(`${prefix}if-match`);
  const noneMatch = request.header(`${prefix}if-none-match`);
  const unmodified = request.header(`${prefix}if-unmodified-since`);
  const modified = request.header(`${prefix}if-modified-since`);
  const failed = (condition: string): S3Error => new S3Error("PreconditionFailed", undefined, { Condition: condition });
  if (match !== undefined && !names(match, object.etag)) throw failed("If-Match");
  if (match === undefined && unmodified !== undefined && !isOlder(object, unmodified))
    throw failed("If-Unmodified-Since");
  const isKnown =
    noneMatch === undefined ? modified !== undefined && isOlder(object, modified) : names(noneMatch, object.etag);
  if (!isKnown) return;
  // What is copied is not read: there is nobody who has it already.
  throw prefix === "" ? new S3Error("NotModified", undefined, { ETag: object.etag }) : failed("If-None-Match");
}

/** A condition of a request that a service may not know, and then pays no attention to. */
export type S3Condition = "PutObject If-None-Match" | "PutObject If-Match" | "DeleteObject If-Match";

/** The conditions of a write, at the moment of the write. Throws PreconditionFailed, or NoSuchKey where there is nothing to match. */
export function checkWrite(
  request: S3Request,
  before: Tagged | undefined,
  ignored: { readonly match?: boolean; readonly noneMatch?: boolean } = {},
): void {
  const match = ignored.match === true ? undefined : request.header("if-match");
  const noneMatch = ignored.noneMatch === true ? undefined : request.header("if-none-match");
  if (noneMatch !== undefined && noneMatch !== "*")
    throw new S3Error("NotImplemented", undefined, { Header: "If-None-Match" });
  if (noneMatch === "*" && before !== undefined)
    throw new S3Error("PreconditionFailed", undefined, { Condition: "If-None-Match" });
  if (match === undefined) return;
  if (before === undefined) throw new S3Error("NoSuchKey");
  if (!names(match, before.etag)) throw new S3Error("PreconditionFailed", undefined, { Condition: "If-Match" });
}
