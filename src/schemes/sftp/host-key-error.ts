import { TransportError } from "../../errors/transport-error.ts";
import type { HostIdentity, HostKeyVerdict } from "./known-hosts.ts";
import { recordedName } from "./known-hosts-line.ts";

/** Where the key was shown. */
export interface HostKeyPlace extends HostIdentity {
  /** Without a password. */
  readonly url?: string | undefined;
}

/** Why a host key was refused, and what to do about it. */
export function hostKeyError(verdict: Exclude<HostKeyVerdict, { kind: "known" }>, place: HostKeyPlace): TransportError {
  const { keyType, fingerprint } = verdict;
  const name = recordedName(place);
  const shown = `${name} showed the ${keyType} key ${fingerprint}`;
  const compare = `Compare the fingerprint with one from a source you trust; then pass ssh: { hostKeyFingerprints: "${fingerprint}" }`;
  const details = { operation: "connect", url: place.url };
  switch (verdict.kind) {
    case "unknown":
      return new TransportError("host-key-unknown", `${shown}, which is on no record`, {
        ...details,
        hint: `${compare}, or have it recorded with ssh: { unknownHostKey: "accept-and-record" }`,
      });
    case "changed": {
      const other = verdict.recordedTypes.includes(keyType)
        ? "another key"
        : `only ${verdict.recordedTypes.join(" and ")}`;
      return new TransportError(
        "host-key-changed",
        `${shown}, but ${verdict.file} line ${verdict.line} has ${other} on record`,
        {
          ...details,
          hint: `Somebody may be listening in between, or the server has a new key. If you know that it has: ssh-keygen -R '${name}' -f '${verdict.file}'`,
        },
      );
    }
    case "revoked":
      return new TransportError(
        "host-key-changed",
        `${shown}, which ${verdict.file} line ${verdict.line} marks as revoked`,
        {
          ...details,
          hint: "Whoever answers may have stolen the key. Do not connect before the server has a new one",
        },
      );
    case "certificate-only":
      return new TransportError(
        "unsupported",
        `${verdict.file} line ${verdict.line} trusts ${name} by a certificate authority, and host certificates are not supported; ${shown}`,
        {
          ...details,
          hint: compare,
        },
      );
  }
}
