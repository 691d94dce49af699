import { listEncoded } from "./s3-encoding.ts";
import { S3Error } from "./s3-error.ts";
import type { S3Element, S3Reply } from "./s3-reply.ts";
import { xmlReply } from "./s3-reply.ts";
import type { S3Request, S3Site } from "./s3-request.ts";
import type { S3Bucket } from "./s3-store.ts";
import { byUtf8, firstFrom } from "./s3-store.ts";

/** What is on one page of a listing. */
interface Page {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  /** The last key or prefix, where there is more. */
  readonly last: string | undefined;
}

interface PageRequest {
  readonly prefix: string;
  readonly delimiter: string;
  /** The key after which it begins. */
  readonly startAfter: string;
  /** The key or prefix that the page before ended with. */
  readonly after: string;
  readonly max: number;
}

/** One page of keys in order; those that have the delimiter after the prefix are one entry together. */
function pageOf(keys: readonly string[], { prefix, delimiter, startAfter, after, max }: PageRequest): Page {
  const [found, prefixes]: [string[], string[]] = [[], []];
  let last: string | undefined;
  const start = [prefix, startAfter, after].reduce((one, other) => (byUtf8(one, other) < 0 ? other : one));
  for (let at = firstFrom(keys, start); keys[at]?.startsWith(prefix) === true; at++) {
    const key = keys[at] as string;
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const entry = end < 0 ? key : key.slice(0, end + delimiter.length);
    if (key === startAfter || entry === after || (end >= 0 && prefixes.at(-1) === entry)) continue;
    if (found.length + prefixes.length >= max) return { keys: found, prefixes, last };
    (end < 0 ? found : prefixes).push(entry);
    last = entry;
  }
  return { keys: found, prefixes, last: undefined };
}

/** ListObjectsV2: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export function listObjects(site: S3Site, request: S3Request): S3Reply {
  const bucket = request.bucketOf(site);
  const [prefix, delimiter, startAfter] = ["prefix", "delimiter", "start-after"].map((name) => request.parameter(name));
  const token = request.parameter("continuation-token");
  const maxKeys = request.number("max-keys", 1000);
  const encoding = request.parameter("encoding-type");
  if (encoding !== undefined && encoding !== "url")
    throw new S3Error("InvalidArgument", "Invalid Encoding Method specified in Request");
  const encoded = (text: string): string => (encoding === "url" ? listEncoded(text) : text);
  const page = pageOf(bucket.keys, {
    prefix: prefix ?? "",
    delimiter: delimiter ?? "",
    startAfter: token === undefined ? (startAfter ?? "") : "",
    after: token === undefined ? "" : fromToken(token),
    max: Math.min(maxKeys, site.pageKeys),
  });
  return xmlReply("ListBucketResult", [
    ["Name", bucket.name],
    ["Prefix", encoded(prefix ?? "")],
    ["StartAfter", startAfter === undefined ? undefined : encoded(startAfter)],
    ["ContinuationToken", token],
    ["NextContinuationToken", page.last === undefined ? undefined : toToken(page.last)],
    ["KeyCount", page.keys.length + page.prefixes.length],
    ["MaxKeys", maxKeys],
    ["Delimiter", delimiter === undefined ? undefined : encoded(delimiter)],
    ["EncodingType", encoding],
    ["IsTruncated", page.last !== undefined],
    ...page.keys.map((key) => contentsOf(bucket, key, encoded)),
    ...page.prefixes.map((one): S3Element => ["CommonPrefixes", [["Prefix", encoded(one)]]]),
  ]);
}

function contentsOf(bucket: S3Bucket, key: string, encoded: (text: string) => string): S3Element {
  const object = bucket.get(key);
  return [
    "Contents",
    [
      ["Key", encoded(key)],
      ["LastModified", object?.modified],
      ["ETag", `"${object?.etag}"`],
      ["ChecksumAlgorithm", object?.checksum?.name.toUpperCase()],
      ["Size", object?.sizeBytes],
      ["StorageClass", "STANDARD"],
    ],
  ];
}

function toToken(last: string): string {
  return `1${Buffer.from(last).toString("base64")}`;
}

function fromToken(token: string): string {
  if (!/^1[A-Za-z0-9+/]+=*$/.test(token))
    throw new S3Error("InvalidArgument", "The continuation token provided is incorrect");
  return Buffer.from(token.slice(1), "base64").toString("utf8");
}
