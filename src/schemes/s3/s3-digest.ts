import type { ObjectName, S3Objects } from "../../drivers/aws-sdk-objects.ts";
import { isTransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import type { DigestAlgorithm } from "../../transport/verb-options.ts";

/** Bytes of a digest; an ETag is not always an MD5, and does not say when it is. */
const lengths: Readonly<Partial<Record<DigestAlgorithm, number>>> = { sha256: 32, sha1: 20 };

/** The digest that was stored with an object when it was uploaded; undefined where there is none, or nothing to be seen: whoever then reads the object is told why. */
export async function storedDigest(
  objects: S3Objects,
  name: ObjectName,
  algorithm: DigestAlgorithm,
  operation: Operation,
): Promise<string | undefined> {
  if (algorithm === "md5" || name.key === "") return undefined;
  try {
    const told = (await objects.checksum(name, algorithm, operation)) ?? "";
    // `…=-3` is the checksum of three parts' checksums.
    const digest = Buffer.from(/^[A-Za-z0-9+/]+=*$/.test(told) ? told : "", "base64");
    return digest.length === lengths[algorithm] ? digest.toString("hex") : undefined;
  } catch (error) {
    if (!isTransportError(error, "not-found", "permission-denied")) throw error;
    return undefined;
  }
}
