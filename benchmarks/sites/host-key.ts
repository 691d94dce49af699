import { createHash } from "node:crypto";

/** The fingerprint of a public key as `ssh-keygen -l` prints it, from the line of a `.pub` file. */
export function fingerprintOf(publicKey: string): string {
  const [, encoded = ""] = publicKey.trim().split(/\s+/);
  return `SHA256:${createHash("sha256").update(Buffer.from(encoded, "base64")).digest("base64").replace(/=+$/, "")}`;
}
