import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";

import { TransportError } from "../../errors/transport-error.ts";
import { fingerprintOf, keyTypeOf } from "./host-key.ts";
import type { HostIdentity, KnownHostsLine, MalformedLine } from "./known-hosts-line.ts";
import { isAbout, parseKnownHostsLine, recordedName } from "./known-hosts-line.ts";

export type { HostIdentity, MalformedLine } from "./known-hosts-line.ts";

/** The key that a server showed. */
export interface ShownKey {
  readonly keyType: string;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

/** What is on record about a key that a server showed. */
export type HostKeyVerdict =
  | ({ readonly kind: "known" } & ShownKey)
  /** Nothing is on record for the host. */
  | ({ readonly kind: "unknown" } & ShownKey)
  /** Another key is on record, of the same type or, as OpenSSH sees it, of any other. */
  | ({
      readonly kind: "changed";
      readonly file: string;
      readonly line: number;
      readonly recordedTypes: readonly string[];
    } & ShownKey)
  /** The key is marked `@revoked`. */
  | ({ readonly kind: "revoked"; readonly file: string; readonly line: number } & ShownKey)
  /** The host is vouched for by a `@cert-authority` alone, and host certificates are not supported. */
  | ({ readonly kind: "certificate-only"; readonly file: string; readonly line: number } & ShownKey);

/** The largest known_hosts file that is read, in bytes: some hundred thousand hosts. */
const maxFileBytes = 64 * 1024 * 1024;

/** Where ssh looks when nothing else is said: the user's files, then the system's. */
export function defaultKnownHostsFiles(): { readonly user: readonly string[]; readonly global: readonly string[] } {
  const own = `${homedir()}/.ssh/known_hosts`;
  return { user: [own, `${own}2`], global: ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"] };
}

/**
 * Reads known_hosts files, the user's own first. A file that is not there is an empty one; a line that cannot be used is left out and listed in
 * `malformed`.
 *
 * @throws TransportError `permission-denied` for a file that cannot be read: what it says must not be passed over.
 */
export function readKnownHosts(files: readonly string[]): KnownHosts {
  return parseKnownHosts(files.map((file) => ({ file, text: readText(file) })));
}

export function parseKnownHosts(sources: readonly { readonly file: string; readonly text: string }[]): KnownHosts {
  const lines: KnownHostsLine[] = [];
  const malformed: MalformedLine[] = [];
  for (const { file, text } of sources) {
    for (const [index, content] of text.split("\n").entries()) {
      const parsed = parseKnownHostsLine(content, file, index + 1);
      if (parsed === undefined) continue;
      if ("reason" in parsed) malformed.push(parsed);
      else lines.push(parsed);
    }
  }
  return new KnownHosts(lines, malformed);
}

/** The host keys on record. */
export class KnownHosts {
  readonly #lines: readonly KnownHostsLine[];
  /** Lines that were left out. */
  readonly malformed: readonly MalformedLine[];

  constructor(lines: readonly KnownHostsLine[], malformed: readonly MalformedLine[]) {
    this.#lines = lines;
    this.malformed = malformed;
  }

  /** The types of the keys on record for a host, in the order of the files: what to ask the server for first. */
  keyTypesFor(identity: HostIdentity): string[] {
    const own = this.#about(recordedName(identity));
    const keys = own.some(isPlain) ? own : this.#about(portlessName(identity));
    return typesOf(keys);
  }

  /**
   * Judges the key that a server showed, as OpenSSH does. A revoked key is never known; any other key on record makes it changed, also one of another
   * type, since offering the recorded types first would have made an honest server show that one. A server on a port of its own is also known by a
   * record of the same key for the host without the port.
   */
  verify(identity: HostIdentity, key: Uint8Array): HostKeyVerdict {
    const shown = { keyType: keyTypeOf(key) ?? "unknown", fingerprint: fingerprintOf(key) };
    const own = this.#about(recordedName(identity));
    const portless = this.#about(portlessName(identity));
    const isSame = (line: KnownHostsLine): boolean => line.key.equals(key);

    const revoked = [...own, ...portless].find((line) => line.marker === "revoked" && isSame(line));
    if (revoked !== undefined) return { kind: "revoked", ...placeOf(revoked), ...shown };
    const plain = own.filter(isPlain);
    if (plain.some(isSame)) return { kind: "known", ...shown };
    const other = plain.find((line) => line.keyType === shown.keyType) ?? plain[0];
    if (other !== undefined) return { kind: "changed", ...placeOf(other), recordedTypes: typesOf(plain), ...shown };
    if (portless.some((line) => isPlain(line) && isSame(line))) return { kind: "known", ...shown };
    const authority = [...own, ...portless].find((line) => line.marker === "cert-authority");
    return authority === undefined
      ? { kind: "unknown", ...shown }
      : { kind: "certificate-only", ...placeOf(authority), ...shown };
  }

  #about(name: string | undefined): KnownHostsLine[] {
    return name === undefined ? [] : this.#lines.filter((line) => isAbout(line, name));
  }
}

/** Undefined where the port does not show in the name anyway. */
function portlessName({ host, port, alias }: HostIdentity): string | undefined {
  return alias === undefined && port !== 22 ? recordedName({ host, port: 22 }) : undefined;
}

function isPlain({ marker }: KnownHostsLine): boolean {
  return marker === undefined;
}

function typesOf(lines: readonly KnownHostsLine[]): string[] {
  return [...new Set(lines.filter(isPlain).map(({ keyType }) => keyType))];
}

function placeOf({ file, line }: KnownHostsLine): { file: string; line: number } {
  return { file, line };
}

function readText(file: string): string {
  try {
    const stats = statSync(file);
    if (stats.isFile() && stats.size > maxFileBytes)
      throw new TransportError(
        "unsupported",
        `${file} is larger than ${maxFileBytes} bytes, too large for known_hosts`,
      );
    // Names are ASCII; a comment may be anything.
    return stats.isFile() ? readFileSync(file, "latin1") : "";
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    if (error instanceof TransportError) throw error;
    throw new TransportError(
      code === "EACCES" || code === "EPERM" ? "permission-denied" : "unexpected",
      `cannot read the known hosts in ${file}: ${message}`,
      {
        operation: "connect",
        hint: "Make the file readable, or name another one with ssh: { knownHosts: … }",
        cause: error,
      },
    );
  }
}
