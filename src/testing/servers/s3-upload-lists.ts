import { listEncoded } from "./s3-encoding.ts";
import { S3Error } from "./s3-error.ts";
import type { S3Element, S3Reply } from "./s3-reply.ts";
import { xmlReply } from "./s3-reply.ts";
import type { S3Request, S3Site } from "./s3-request.ts";
import { byUtf8 } from "./s3-store.ts";
import { uploadOf } from "./s3-uploads.ts";

/** ListMultipartUploads, without delimiters. */
export function listUploads(site: S3Site, request: S3Request): S3Reply {
  const bucket = request.bucketOf(site);
  if (request.parameter("delimiter") !== undefined) throw new S3Error("NotImplemented");
  const [prefix = "", keyMarker = "", idMarker = ""] = ["prefix", "key-marker", "upload-id-marker"].map((name) =>
    request.parameter(name),
  );
  const max = Math.min(request.number("max-uploads", 1000), site.pageKeys);
  const encoding = request.parameter("encoding-type");
  const encoded = (text: string): string => (encoding === "url" ? listEncoded(text) : text);
  const after = Array.from(bucket.uploads.values())
    .filter(({ key }) => key.startsWith(prefix))
    .toSorted((one, other) => byUtf8(one.key, other.key) || byUtf8(one.id, other.id))
    .filter(({ key, id }) => {
      const order = byUtf8(key, keyMarker);
      return order > 0 || (order === 0 && idMarker !== "" && byUtf8(id, idMarker) > 0);
    });
  const page = after.slice(0, max);
  const last = after.length > max ? page.at(-1) : undefined;
  return xmlReply("ListMultipartUploadsResult", [
    ["Bucket", bucket.name],
    ["KeyMarker", encoded(keyMarker)],
    ["UploadIdMarker", idMarker],
    ["NextKeyMarker", last && encoded(last.key)],
    ["NextUploadIdMarker", last?.id],
    ["Prefix", encoded(prefix)],
    ["EncodingType", encoding],
    ["MaxUploads", max],
    ["IsTruncated", last !== undefined],
    ...page.map(({ key, id, begun }): S3Element => [
      "Upload",
      [
        ["Key", encoded(key)],
        ["UploadId", id],
        ["StorageClass", "STANDARD"],
        ["Initiated", begun],
      ],
    ]),
  ]);
}

export function listParts(site: S3Site, request: S3Request): S3Reply {
  const { id, key, parts } = uploadOf(site, request);
  const marker = request.number("part-number-marker", 0);
  const max = Math.min(request.number("max-parts", 1000), site.pageKeys);
  const after = Array.from(parts.values())
    .filter(({ number }) => number > marker)
    .toSorted((one, other) => one.number - other.number);
  const page = after.slice(0, max);
  const last = after.length > max ? page.at(-1) : undefined;
  return xmlReply("ListPartsResult", [
    ["Bucket", request.bucketOf(site).name],
    ["Key", key],
    ["UploadId", id],
    ["PartNumberMarker", marker],
    ["NextPartNumberMarker", last?.number],
    ["MaxParts", max],
    ["IsTruncated", last !== undefined],
    ...page.map(({ number, modified, content, checksum }): S3Element => [
      "Part",
      [
        ["PartNumber", number],
        ["LastModified", modified],
        ["ETag", `"${content.md5}"`],
        ["Size", content.sizeBytes],
        [`Checksum${checksum?.name.toUpperCase()}`, checksum?.value],
      ],
    ]),
  ]);
}
