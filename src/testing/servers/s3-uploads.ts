import { createHash, randomBytes } from "node:crypto";

import { spansOf } from "../../gateway/ranges.ts";
import { checksumNamed, compositeChecksum } from "./s3-checksums.ts";
import { checkWrite } from "./s3-conditions.ts";
import { S3Error } from "./s3-error.ts";
import { factsOf, sourceOf } from "./s3-objects.ts";
import type { S3Reply } from "./s3-reply.ts";
import { xmlReply } from "./s3-reply.ts";
import type { S3Request, S3Site } from "./s3-request.ts";
import { childText } from "./s3-request.ts";
import type { S3Content } from "./s3-storage.ts";
import type { S3Part, S3Upload } from "./s3-store.ts";
import { readContents } from "./s3-store.ts";

const maxParts = 10_000;

/** CreateMultipartUpload. */
export function createUpload(site: S3Site, request: S3Request): S3Reply {
  const bucket = request.bucketOf(site);
  const algorithm = request.header("x-amz-checksum-algorithm");
  const { key } = request;
  const id = randomBytes(24).toString("base64url");
  const checksum = algorithm === undefined ? undefined : checksumNamed(algorithm);
  bucket.uploads.set(id, { ...factsOf(request), id, key, begun: new Date(), checksum, parts: new Map() });
  const reply = xmlReply("InitiateMultipartUploadResult", [
    ["Bucket", bucket.name],
    ["Key", key],
    ["UploadId", id],
  ]);
  if (algorithm === undefined) return reply;
  const told = { "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": "COMPOSITE" };
  return { ...reply, headers: { ...reply.headers, ...told } };
}

/** The upload that a request is about. Throws NoSuchUpload. */
export function uploadOf(site: S3Site, request: S3Request): S3Upload {
  const id = request.parameter("uploadId") ?? "";
  const upload = request.bucketOf(site).uploads.get(id);
  if (upload?.key !== request.key) throw new S3Error("NoSuchUpload", undefined, { UploadId: id });
  return upload;
}

/** UploadPart. */
export async function uploadPart(site: S3Site, request: S3Request): Promise<S3Reply> {
  const upload = uploadOf(site, request);
  const content = await site.storage.store(request.content);
  const checksum = request.checksum();
  // Where none was announced, one that comes is verified and forgotten.
  if (upload.checksum !== undefined && checksum?.name !== upload.checksum) {
    content.release();
    throw new S3Error(
      "InvalidRequest",
      `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksum}, actual checksum Type: ${checksum?.name ?? "null"}`,
    );
  }
  addPart(site, request, { number: numberOf(request), content, modified: new Date(), checksum });
  return {
    status: 200,
    headers: {
      etag: `"${content.md5}"`,
      ...(checksum === undefined ? {} : { [`x-amz-checksum-${checksum.name}`]: checksum.value }),
    },
  };
}

/** UploadPartCopy. */
export async function uploadPartCopy(site: S3Site, request: S3Request): Promise<S3Reply> {
  uploadOf(site, request);
  const source = sourceOf(site, request);
  const range = request.header("x-amz-copy-source-range");
  const [span] = spansOf(range, source.sizeBytes) ?? [];
  if (range !== undefined && (span === undefined || !range.endsWith(`-${span.last}`)))
    throw new S3Error("InvalidRange", `Range specified is not valid for source object of size: ${source.sizeBytes}`);
  const [from, to] = span === undefined ? [0, source.sizeBytes] : [span.first, span.last + 1];
  const content = await site.storage.store(readContents(source.contents, from, to));
  const modified = new Date();
  addPart(site, request, { number: numberOf(request), content, modified, checksum: undefined });
  return xmlReply("CopyPartResult", [
    ["LastModified", modified],
    ["ETag", `"${content.md5}"`],
  ]);
}

function numberOf(request: S3Request): number {
  const number = request.number("partNumber", 0);
  if (number >= 1 && number <= maxParts) return number;
  throw new S3Error("InvalidArgument", `Part number must be an integer between 1 and ${maxParts}, inclusive`);
}

/** Keeps a part of an upload that still goes on: it may have been aborted while the part was on its way. */
function addPart(site: S3Site, request: S3Request, part: S3Part): void {
  try {
    const { parts } = uploadOf(site, request);
    parts.get(part.number)?.content.release();
    parts.set(part.number, part);
  } catch (error) {
    part.content.release();
    throw error;
  }
}

/** CompleteMultipartUpload. */
export async function completeUpload(site: S3Site, request: S3Request): Promise<S3Reply> {
  const document = await request.xml("CompleteMultipartUpload");
  const upload = uploadOf(site, request);
  const bucket = request.bucketOf(site);
  const { id, key, headers, metadata } = upload;
  const parts = document.children.filter(({ name }) => name === "Part").map((part) => namedPart(upload, part));
  if (parts.length === 0) throw new S3Error("MalformedXML");
  if (parts.some(({ number }, at) => at > 0 && number <= (parts[at - 1]?.number ?? 0)))
    throw new S3Error("InvalidPartOrder");
  const small = parts.slice(0, -1).find(({ content }) => content.sizeBytes < site.minPartBytes);
  if (small !== undefined)
    throw new S3Error("EntityTooSmall", undefined, {
      ProposedSize: String(small.content.sizeBytes),
      MinSizeAllowed: String(site.minPartBytes),
      PartNumber: String(small.number),
      ETag: small.content.md5,
    });
  checkWrite(request, bucket.get(key));
  const contents = parts.map(({ content }) => content);
  const etag = compositeEtag(contents);
  const checksums = parts.flatMap(({ checksum }) => checksum ?? []);
  const checksum = upload.checksum === undefined ? undefined : compositeChecksum(upload.checksum, checksums);
  const sizeBytes = contents.reduce((sum, content) => sum + content.sizeBytes, 0);
  for (const content of contents) content.hold();
  end(upload);
  bucket.uploads.delete(id);
  bucket.set({ key, contents, sizeBytes, etag, modified: new Date(), headers, metadata, checksum });
  return xmlReply("CompleteMultipartUploadResult", [
    ["Location", `/${bucket.name}/${key}`],
    ["Bucket", bucket.name],
    ["Key", key],
    ["ETag", `"${etag}"`],
    [`Checksum${checksum?.name.toUpperCase()}`, checksum?.value],
  ]);
}

/** The part that a client means. Throws InvalidPart where it is not what the client thinks. */
function namedPart({ id, parts, checksum }: S3Upload, element: Parameters<typeof childText>[0]): S3Part {
  const number = Number(childText(element, "PartNumber") ?? "");
  const etag = (childText(element, "ETag") ?? "").replaceAll('"', "");
  const part = parts.get(number);
  const given = checksum && childText(element, `Checksum${checksum.toUpperCase()}`);
  if (checksum !== undefined && given === undefined)
    throw new S3Error(
      "InvalidRequest",
      `The upload was created using a ${checksum} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
    );
  if (part === undefined || part.content.md5 !== etag || (checksum !== undefined && part.checksum?.value !== given))
    throw new S3Error("InvalidPart", undefined, { UploadId: id, PartNumber: String(number), ETag: etag });
  return part;
}

/** Of an object in parts: the MD5 of their MD5s, and how many they are. */
function compositeEtag(contents: readonly S3Content[]): string {
  const hash = createHash("md5");
  for (const { md5 } of contents) hash.update(Buffer.from(md5, "hex"));
  return `${hash.digest("hex")}-${contents.length}`;
}

/** AbortMultipartUpload. */
export function abortUpload(site: S3Site, request: S3Request): S3Reply {
  const upload = uploadOf(site, request);
  request.bucketOf(site).uploads.delete(upload.id);
  end(upload);
  return { status: 204 };
}

function end({ parts }: S3Upload): void {
  for (const { content } of parts.values()) content.release();
  parts.clear();
}
