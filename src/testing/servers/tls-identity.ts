import type { KeyObject } from "node:crypto";
import { generateKeyPair, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import { promisify } from "node:util";

import {
  bitString,
  boolean,
  integer,
  objectId,
  octetString,
  sequence,
  setOf,
  tagged,
  time,
  utf8String,
} from "./der.ts";

/** A certificate with its private key, both as PEM. */
export interface TlsIdentity {
  /** The certificate, in PEM. */
  readonly cert: string;
  /** Its private key, in PEM. */
  readonly key: string;
}

/** Options of `generateTlsIdentity`. */
export interface TlsIdentityOptions {
  /** Host names and addresses that it is for. Default `localhost`, `127.0.0.1` and `::1`. */
  readonly names?: readonly string[];
  /** From when on nobody trusts it any more. Default: in 30 days. */
  readonly expires?: Date;
}

const dayMs = 24 * 60 * 60 * 1000;
/** Long enough for any test; short enough that nobody takes it for more. */
const validDays = 30;

const oid = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  basicConstraints: "2.5.29.19",
  subjectAlternativeName: "2.5.29.17",
} as const;

/**
 * A fresh identity, signed by itself (X.509 version 3, P-256): the certificate is its own authority, and can be given as `ca` to whoever shall trust
 * it. Node makes keys and signatures, but no certificates; this needs no openssl.
 */
export async function generateTlsIdentity({
  names = ["localhost", "127.0.0.1", "::1"],
  expires = new Date(Date.now() + validDays * dayMs),
}: TlsIdentityOptions = {}): Promise<TlsIdentity> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
  const algorithm = sequence(objectId(oid.ecdsaWithSha256));
  const content = certificateContent(names, expires, publicKey, algorithm);
  const certificate = sequence(content, algorithm, bitString(sign("sha256", content, privateKey)));
  return {
    cert: pem("CERTIFICATE", certificate),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** What is signed (RFC 5280, 4.1). */
function certificateContent(names: readonly string[], expires: Date, publicKey: KeyObject, algorithm: Buffer): Buffer {
  const name = sequence(setOf(sequence(objectId(oid.commonName), utf8String(names[0] ?? "nobody"))));
  const serial = randomBytes(16);
  serial.writeUInt8((serial.readUInt8() & 0x3f) | 0x40); // Positive, and its first byte is not zero.
  const alternatives = sequence(...names.map(generalName));
  return sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    name,
    sequence(time(new Date(Math.min(Date.now(), expires.getTime()) - dayMs)), time(expires)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(
      0xa3,
      sequence(
        sequence(objectId(oid.basicConstraints), boolean(true), octetString(sequence(boolean(true)))),
        sequence(objectId(oid.subjectAlternativeName), octetString(alternatives)),
      ),
    ),
  );
}

function generalName(name: string): Buffer {
  const version = isIP(name);
  if (version === 0) return tagged(0x82, Buffer.from(name));
  return tagged(0x87, version === 4 ? Buffer.from(name.split(".").map(Number)) : ipv6Bytes(name));
}

function ipv6Bytes(address: string): Buffer {
  const [head = [], tail = []] = address.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").replaceAll(/.{64}(?!$)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
