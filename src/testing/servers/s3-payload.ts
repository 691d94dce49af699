import { createHash } from "node:crypto";

import { decodeChunks } from "./s3-aws-chunks.ts";
import type { S3Checksum, S3ChecksumName } from "./s3-checksums.ts";
import { checksumNamed, newDigest } from "./s3-checksums.ts";
import type { S3Admission } from "./s3-door.ts";
import { S3Error } from "./s3-error.ts";

/** The content that a request carries; it is good once it was read to its end without an error. */
export interface S3Payload {
  readonly content: AsyncIterable<Buffer>;
  /** Once it was read: the checksum that it was verified with, where the client gave one. */
  readonly checksum: () => S3Checksum | undefined;
}

/** Verifies all that was said of a body while it is read: its length, its hash, its checksums. Throws an `S3Error` at what is not so. */
export function payloadOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: AsyncIterable<Buffer>,
  { payload, chunks }: S3Admission,
): S3Payload {
  const header = (name: string): string | undefined => headers[name]?.toString();
  const trailers = new Map<string, string>();
  if (!/^([0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-[A-Z0-9-]+)$/.test(payload))
    throw new S3Error(
      "InvalidArgument",
      "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-… or a valid sha256 value.",
    );
  const inChunks = payload.startsWith("STREAMING-");
  const decoded = inChunks ? decodeChunks(body, trailers, chunks) : body;
  const name = checksumOf(headers);
  let checksum: S3Checksum | undefined;

  async function* content(): AsyncGenerator<Buffer> {
    const [hash, md5] = [createHash("sha256"), createHash("md5")];
    const digest = name === undefined ? undefined : newDigest(name);
    const hashed = /^[0-9a-f]{64}$/.test(payload);
    const expectedMd5 = md5Of(header("content-md5"));
    let length = 0;
    for await (const chunk of decoded) {
      if (hashed) hash.update(chunk);
      if (expectedMd5 !== undefined) md5.update(chunk);
      digest?.update(chunk);
      length += chunk.length;
      yield chunk;
    }
    if (inChunks && length !== Number(header("x-amz-decoded-content-length"))) throw new S3Error("IncompleteBody");
    if (hashed && hash.digest("hex") !== payload) throw new S3Error("XAmzContentSHA256Mismatch");
    if (expectedMd5 !== undefined && md5.digest("base64") !== expectedMd5) throw new S3Error("BadDigest");
    if (name === undefined || digest === undefined) return;
    const given = header(`x-amz-checksum-${name}`) ?? trailers.get(`x-amz-checksum-${name}`);
    const value = digest.digest().toString("base64");
    if (given !== value)
      throw new S3Error("BadDigest", `The ${name.toUpperCase()} you specified did not match the calculated checksum.`);
    checksum = { name, value };
  }

  return { content: content(), checksum: () => checksum };
}

/** Which checksum a client promises, in a header or in a trailer. */
function checksumOf(headers: Readonly<Record<string, unknown>>): S3ChecksumName | undefined {
  const trailer = headers["x-amz-trailer"]?.toString();
  const about = /^x-amz-checksum-(?!algorithm$|mode$|type$)/;
  const promised = trailer ?? Object.keys(headers).find((name) => about.test(name));
  return promised === undefined ? undefined : checksumNamed(promised);
}

function md5Of(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (Buffer.from(value, "base64").length !== 16) throw new S3Error("InvalidDigest");
  return value;
}
