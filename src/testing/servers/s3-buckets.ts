import { S3Error } from "./s3-error.ts";
import type { S3Element, S3Reply } from "./s3-reply.ts";
import { xmlReply } from "./s3-reply.ts";
import type { S3Request, S3Site } from "./s3-request.ts";
import { childText } from "./s3-request.ts";
import { S3Bucket } from "./s3-store.ts";

const maxDeletes = 1000;

export function listBuckets({ buckets }: S3Site): S3Reply {
  const entries = Array.from(buckets.values(), ({ name, created }): S3Element => [
    "Bucket",
    [
      ["Name", name],
      ["CreationDate", created],
    ],
  ]);
  return xmlReply("ListAllMyBucketsResult", [
    ["Owner", [["ID", "samewire"]]],
    ["Buckets", entries],
  ]);
}

export async function createBucket(site: S3Site, request: S3Request): Promise<S3Reply> {
  const { bucket: name = "" } = request.target;
  // A location constraint, which decides nothing here; it is to be what was signed.
  for await (const _ of request.content);
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || name.includes("..")) throw new S3Error("InvalidBucketName");
  // The oldest region lets its owner make a bucket twice.
  if (site.buckets.has(name) && site.region !== "us-east-1") throw new S3Error("BucketAlreadyOwnedByYou");
  if (!site.buckets.has(name)) site.buckets.set(name, new S3Bucket(name));
  return { status: 200, headers: { location: `/${name}` } };
}

export function headBucket(site: S3Site, request: S3Request): S3Reply {
  request.bucketOf(site);
  return { status: 200, headers: { "x-amz-bucket-region": site.region } };
}

export function deleteBucket(site: S3Site, request: S3Request): S3Reply {
  const bucket = request.bucketOf(site);
  if (bucket.keys.length > 0) throw new S3Error("BucketNotEmpty");
  site.buckets.delete(bucket.name);
  return { status: 204 };
}

/** DeleteObjects. */
export async function deleteObjects(site: S3Site, request: S3Request): Promise<S3Reply> {
  const bucket = request.bucketOf(site);
  const document = await request.xml("Delete");
  if (request.header("content-md5") === undefined && request.checksum() === undefined)
    throw new S3Error("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  const keys = document.children
    .filter(({ name }) => name === "Object")
    .map((object) => {
      const key = childText(object, "Key");
      if (key === undefined || key === "") throw new S3Error("MalformedXML");
      return key;
    });
  if (keys.length === 0 || keys.length > maxDeletes) throw new S3Error("MalformedXML");
  for (const key of keys) bucket.delete(key);
  const quiet = childText(document, "Quiet") === "true";
  return xmlReply("DeleteResult", quiet ? [] : keys.map((key): S3Element => ["Deleted", [["Key", key]]]));
}
