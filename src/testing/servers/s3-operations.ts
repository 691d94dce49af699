import { createBucket, deleteBucket, deleteObjects, headBucket, listBuckets } from "./s3-buckets.ts";
import { S3Error } from "./s3-error.ts";
import { listObjects } from "./s3-listing.ts";
import { copyObject, deleteObject, getObject, putObject } from "./s3-objects.ts";
import type { S3Reply } from "./s3-reply.ts";
import { xmlReply } from "./s3-reply.ts";
import type { S3Request, S3Site } from "./s3-request.ts";
import { listParts, listUploads } from "./s3-upload-lists.ts";
import { abortUpload, completeUpload, createUpload, uploadPart, uploadPartCopy } from "./s3-uploads.ts";
import type { S3Target } from "./s3-address.ts";

/** An operation of S3's API that this server has. */
export type S3OperationName =
  | "ListBuckets"
  | "CreateBucket"
  | "HeadBucket"
  | "DeleteBucket"
  | "GetBucketLocation"
  | "ListObjectsV2"
  | "HeadObject"
  | "GetObject"
  | "PutObject"
  | "CopyObject"
  | "DeleteObject"
  | "DeleteObjects"
  | "CreateMultipartUpload"
  | "UploadPart"
  | "UploadPartCopy"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload"
  | "ListMultipartUploads"
  | "ListParts";

const operations: Readonly<Record<S3OperationName, (site: S3Site, request: S3Request) => S3Reply | Promise<S3Reply>>> =
  {
    ListBuckets: listBuckets,
    CreateBucket: createBucket,
    HeadBucket: headBucket,
    DeleteBucket: deleteBucket,
    GetBucketLocation: (site: S3Site, request: S3Request): S3Reply => {
      request.bucketOf(site);
      return xmlReply("LocationConstraint", []);
    },
    ListObjectsV2: listObjects,
    HeadObject: getObject,
    GetObject: getObject,
    PutObject: putObject,
    CopyObject: copyObject,
    DeleteObject: deleteObject,
    DeleteObjects: deleteObjects,
    CreateMultipartUpload: createUpload,
    UploadPart: uploadPart,
    UploadPartCopy: uploadPartCopy,
    CompleteMultipartUpload: completeUpload,
    AbortMultipartUpload: abortUpload,
    ListMultipartUploads: listUploads,
    ListParts: listParts,
  };

/** Which operation a request asks for; undefined for one that this server has not. */
export function operationOf(
  method: string,
  { bucket, key, query }: S3Target,
  isCopy: boolean,
): S3OperationName | undefined {
  const about = `${method} ${bucket === undefined ? "service" : key === undefined ? "bucket" : "object"}`;
  const asks = (name: string): boolean => query.has(name);
  if (subresources.some(asks)) return undefined;
  switch (about) {
    case "GET service":
      return "ListBuckets";
    case "PUT bucket":
      return "CreateBucket";
    case "HEAD bucket":
      return "HeadBucket";
    case "DELETE bucket":
      return "DeleteBucket";
    case "POST bucket":
      return asks("delete") ? "DeleteObjects" : undefined;
    case "GET bucket":
      if (asks("location")) return "GetBucketLocation";
      if (asks("uploads")) return "ListMultipartUploads";
      return query.get("list-type") === "2" ? "ListObjectsV2" : undefined;
    case "HEAD object":
      return "HeadObject";
    case "GET object":
      return asks("uploadId") ? "ListParts" : "GetObject";
    case "PUT object":
      if (asks("uploadId")) return isCopy ? "UploadPartCopy" : "UploadPart";
      return isCopy ? "CopyObject" : "PutObject";
    case "POST object":
      return asks("uploads") ? "CreateMultipartUpload" : asks("uploadId") ? "CompleteMultipartUpload" : undefined;
    case "DELETE object":
      return asks("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
    default:
      return undefined;
  }
}

/** What it would be wrong to answer as if it had not been asked for. */
const subresources = [
  "acl",
  "attributes",
  "lifecycle",
  "policy",
  "tagging",
  "torrent",
  "versionId",
  "versioning",
  "versions",
];

const maxKeyBytes = 1024;

/** Throws an `S3Error` where it is refused. */
export async function operate(name: S3OperationName | undefined, site: S3Site, request: S3Request): Promise<S3Reply> {
  if (name === undefined) throw new S3Error("NotImplemented");
  const bytes = Buffer.byteLength(request.key);
  if (bytes > maxKeyBytes)
    throw new S3Error("KeyTooLongError", undefined, { Size: String(bytes), MaxSizeAllowed: String(maxKeyBytes) });
  return await operations[name](site, request);
}
