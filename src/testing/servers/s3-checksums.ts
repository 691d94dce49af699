import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

import { S3Error } from "./s3-error.ts";

/** The checksums of S3 that this server can compute. */
export type S3ChecksumName = "crc32" | "crc32c" | "sha1" | "sha256";

/** A checksum of an object: as base64, and where it is one of the checksums of its parts, with their number. */
export interface S3Checksum {
  readonly name: S3ChecksumName;
  readonly value: string;
}

const checksumNames: readonly S3ChecksumName[] = ["crc32", "crc32c", "sha1", "sha256"];

interface Digest {
  update(bytes: Uint8Array): unknown;
  digest(): Buffer;
}

const crc32cTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

function crc32c(bytes: Uint8Array, before: number): number {
  let value = ~before >>> 0;
  for (const byte of bytes) value = (value >>> 8) ^ (crc32cTable[(value ^ byte) & 0xff] as number);
  return ~value >>> 0;
}

class Crc implements Digest {
  readonly #step: (bytes: Uint8Array, before: number) => number;
  #value = 0;

  constructor(step: (bytes: Uint8Array, before: number) => number) {
    this.#step = step;
  }

  update(bytes: Uint8Array): void {
    this.#value = this.#step(bytes, this.#value);
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.#value);
    return bytes;
  }
}

export function newDigest(name: S3ChecksumName): Digest {
  switch (name) {
    case "crc32":
      return new Crc(crc32);
    case "crc32c":
      return new Crc(crc32c);
    case "sha1":
    case "sha256":
      return createHash(name);
  }
}

/** The checksum of a name as headers have it: `x-amz-checksum-crc32`, `CRC32`. Throws InvalidRequest for others. */
export function checksumNamed(text: string): S3ChecksumName {
  const name = text.toLowerCase().replace(/^x-amz-checksum-/, "");
  const known = checksumNames.find((one) => one === name);
  if (known === undefined)
    throw new S3Error(
      "InvalidRequest",
      "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, SHA1, SHA256]",
    );
  return known;
}

/** The checksum of an object that was put together: that of the checksums of its parts. */
export function compositeChecksum(name: S3ChecksumName, parts: readonly S3Checksum[]): S3Checksum {
  const digest = newDigest(name);
  for (const { value } of parts) digest.update(Buffer.from(value, "base64"));
  return { name, value: `${digest.digest().toString("base64")}-${parts.length}` };
}
