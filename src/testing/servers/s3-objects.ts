import { uriDecoded } from "./s3-encoding.ts";
import { checkRead, checkWrite } from "./s3-conditions.ts";
import { S3Error } from "./s3-error.ts";
import { contentRange, spansOf } from "../../gateway/ranges.ts";
import type { S3Reply } from "./s3-reply.ts";
import { xmlReply } from "./s3-reply.ts";
import type { S3Request, S3Site } from "./s3-request.ts";
import type { S3Facts, S3Object } from "./s3-store.ts";
import { readContents } from "./s3-store.ts";

const kept = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
];
const maxMetadataBytes = 2 * 1024;

/** What a client says of an object. Throws MetadataTooLarge. */
export function factsOf(request: S3Request): S3Facts {
  const metadata = request.headersFrom("x-amz-meta-");
  const size = Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + name.length - "x-amz-meta-".length + Buffer.byteLength(value),
    0,
  );
  if (size > maxMetadataBytes) throw new S3Error("MetadataTooLarge");
  const said = kept.flatMap((name) => {
    const value = request.header(name)?.replace(/(^|,)\s*aws-chunked\s*(,|$)/, "");
    return value === undefined || value === "" ? [] : [[name, value]];
  });
  return { headers: { "content-type": "binary/octet-stream", ...Object.fromEntries(said) }, metadata };
}

/** GetObject and HeadObject. */
export function getObject(site: S3Site, request: S3Request): S3Reply {
  const object = request.bucketOf(site).get(request.key);
  if (object === undefined) throw new S3Error("NoSuchKey", undefined, { Key: request.key });
  checkRead(request, object);
  const { sizeBytes: size, contents, checksum } = object;
  const spans = spansOf(request.header("range"), size);
  if (spans?.length === 0)
    throw new S3Error("InvalidRange", undefined, {
      ActualObjectSize: String(size),
      RangeRequested: request.header("range") ?? "",
    });
  // Of several ranges S3 knows nothing: it answers with all there is.
  const span = spans?.length === 1 ? spans[0] : undefined;
  const [from, to] = span === undefined ? [0, size] : [span.first, span.last + 1];
  const tells = checksum !== undefined && span === undefined && request.header("x-amz-checksum-mode") === "ENABLED";
  return {
    status: span === undefined ? 200 : 206,
    headers: {
      ...object.headers,
      ...object.metadata,
      etag: `"${object.etag}"`,
      "last-modified": object.modified.toUTCString(),
      "accept-ranges": "bytes",
      ...(span === undefined ? {} : { "content-range": contentRange(span, size) }),
      ...(tells ? { [`x-amz-checksum-${checksum.name}`]: checksum.value } : {}),
    },
    body: { sizeBytes: to - from, content: readContents(contents, from, to) },
  };
}

export async function putObject(site: S3Site, request: S3Request): Promise<S3Reply> {
  const bucket = request.bucketOf(site);
  const facts = factsOf(request);
  const ignored = {
    match: site.ignores.has("PutObject If-Match"),
    noneMatch: site.ignores.has("PutObject If-None-Match"),
  };
  checkWrite(request, bucket.get(request.key), ignored);
  const content = await site.storage.store(request.content);
  // Another one may have come first.
  checkWrite(request, bucket.get(request.key), ignored);
  const checksum = request.checksum();
  bucket.set({
    ...facts,
    key: request.key,
    contents: [content],
    sizeBytes: content.sizeBytes,
    etag: content.md5,
    modified: new Date(),
    checksum,
  });
  return {
    status: 200,
    headers: {
      etag: `"${content.md5}"`,
      ...(checksum === undefined ? {} : { [`x-amz-checksum-${checksum.name}`]: checksum.value }),
    },
  };
}

/** The object that is to be copied. Throws NoSuchBucket, NoSuchKey, or PreconditionFailed. */
export function sourceOf(site: S3Site, request: S3Request): S3Object {
  const [source = ""] = (request.header("x-amz-copy-source") ?? "").split("?", 1);
  const [, name = "", key = ""] = /^\/?([^/]+)\/(.+)$/s.exec(uriDecoded(source)) ?? [];
  if (key === "")
    throw new S3Error("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  const bucket = site.buckets.get(name);
  if (bucket === undefined) throw new S3Error("NoSuchBucket", undefined, { BucketName: name });
  const object = bucket.get(key);
  if (object === undefined) throw new S3Error("NoSuchKey", undefined, { Key: key });
  checkRead(request, object, "x-amz-copy-source-");
  return object;
}

export async function copyObject(site: S3Site, request: S3Request): Promise<S3Reply> {
  const bucket = request.bucketOf(site);
  const source = sourceOf(site, request);
  const directive = request.header("x-amz-metadata-directive") ?? "COPY";
  if (directive !== "COPY" && directive !== "REPLACE")
    throw new S3Error("InvalidArgument", "Unknown metadata directive.");
  if (source === bucket.get(request.key) && directive === "COPY")
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  checkWrite(request, bucket.get(request.key));
  const content = await site.storage.store(readContents(source.contents, 0, source.sizeBytes));
  checkWrite(request, bucket.get(request.key));
  const { headers, metadata } = directive === "REPLACE" ? factsOf(request) : source;
  const checksum = source.checksum?.value.includes("-") === true ? undefined : source.checksum;
  const modified = new Date();
  const { sizeBytes, md5: etag } = content;
  bucket.set({ key: request.key, contents: [content], sizeBytes, etag, modified, headers, metadata, checksum });
  return xmlReply("CopyObjectResult", [
    ["LastModified", modified],
    ["ETag", `"${etag}"`],
  ]);
}

export function deleteObject(site: S3Site, request: S3Request): S3Reply {
  const bucket = request.bucketOf(site);
  const object = bucket.get(request.key);
  // Deleting what is not there is no failure.
  if (object !== undefined) checkWrite(request, object, { match: site.ignores.has("DeleteObject If-Match") });
  bucket.delete(request.key);
  return { status: 204 };
}
