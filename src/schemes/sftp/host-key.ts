import { createHash } from "node:crypto";

/** The type that a public key in the wire format of RFC 4253 names itself: `ssh-ed25519`; undefined where it is no such key. */
export function keyTypeOf(key: Uint8Array): string | undefined {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  if (bytes.length < 4) return undefined;
  const length = bytes.readUInt32BE(0);
  if (length === 0 || length > 64 || bytes.length <= 4 + length) return undefined;
  const type = bytes.toString("latin1", 4, 4 + length);
  return /^[!-~]+$/.test(type) ? type : undefined;
}

/** `SHA256:…`, as `ssh-keygen -l` prints it. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** Whether a text may be the SHA-256 of a key, as `fingerprintOf` has it, with its `SHA256:` or without. */
export function isFingerprint(text: string): boolean {
  return /^(?:SHA256:)?[A-Za-z0-9+/]{43}=*$/.test(text);
}

/** The key types that a signature algorithm is used with; only RSA keys have several. */
const keyTypeOfAlgorithm: Readonly<Record<string, string>> = { "rsa-sha2-256": "ssh-rsa", "rsa-sha2-512": "ssh-rsa" };

/**
 * The host key algorithms to offer, those first of whose type there is a key on record, so that a server with several keys shows one that can be
 * compared (an RSA record works against a server that also has Ed25519). Otherwise in the order given. Certificates are left out.
 */
export function orderHostKeyAlgorithms(recordedTypes: readonly string[], supported: readonly string[]): string[] {
  const plain = supported.filter((algorithm) => !algorithm.includes("-cert-v"));
  const isRecorded = (algorithm: string): boolean => recordedTypes.includes(keyTypeOfAlgorithm[algorithm] ?? algorithm);
  return [...plain.filter(isRecorded), ...plain.filter((algorithm) => !isRecorded(algorithm))];
}
