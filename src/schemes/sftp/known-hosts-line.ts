import { createHmac, randomBytes } from "node:crypto";

import { keyTypeOf } from "./host-key.ts";
import { matchesPatterns } from "./host-pattern.ts";

/** One usable line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface KnownHostsLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly marker: "cert-authority" | "revoked" | undefined;
  /** Patterns in lower case, or one name that can only be recognised. */
  readonly names: readonly string[] | HashedName;
  readonly keyType: string;
  /** In the wire format of RFC 4253. */
  readonly key: Buffer;
}

/** HMAC-SHA1 of a name, the salt being the key. */
interface HashedName {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** A line that says something which cannot be used. */
export interface MalformedLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

const markers: Readonly<Record<string, KnownHostsLine["marker"]>> = {
  "@cert-authority": "cert-authority",
  "@revoked": "revoked",
};

/** Undefined for a comment or an empty line. */
export function parseKnownHostsLine(
  text: string,
  file: string,
  line: number,
): KnownHostsLine | MalformedLine | undefined {
  const fields = text.trim().split(/[ \t]+/);
  if (fields[0] === "" || fields[0]?.startsWith("#")) return undefined;
  const marked = fields[0]?.startsWith("@") ? fields.shift() : undefined;
  const marker = marked === undefined ? undefined : markers[marked.toLowerCase()];
  if (marked !== undefined && marker === undefined) return { file, line, reason: `the marker ${marked} is not known` };
  const [subject, keyType, encoded] = fields;
  if (subject === undefined || keyType === undefined || encoded === undefined)
    return { file, line, reason: "it has fewer than three fields" };
  if (/^\d+$/.test(keyType)) return { file, line, reason: "it holds a key of SSH protocol 1" };
  const names = subject.startsWith("|") ? parseHashedName(subject) : subject.toLowerCase().split(",");
  if (names === undefined) return { file, line, reason: "its hashed name is damaged" };
  const key = Buffer.from(encoded, "base64");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) || keyTypeOf(key) !== keyType)
    return { file, line, reason: `what it holds is no key of type ${keyType}` };
  return { file, line, marker, names, keyType, key };
}

/** Whether a line is about a name: a host in lower case, or `[host]:port`. */
export function isAbout({ names }: KnownHostsLine, name: string): boolean {
  return "hash" in names ? hashName(name, names.salt).equals(names.hash) : matchesPatterns(name, names);
}

/** The name that a host is recorded under: itself on port 22, else `[host]:port`; an alias is used as it is. */
export function recordedName({ host, port, alias }: HostIdentity): string {
  if (alias !== undefined) return alias.toLowerCase();
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** Whose key is looked up or recorded. */
export interface HostIdentity {
  /** Name or address to connect to; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** `HostKeyAlias`: looked up in the place of host and port. */
  readonly alias?: string | undefined;
}

/** A line for a known_hosts file, without a line end; with `hashed`, the name in it can be recognised but not read. */
export function formatKnownHostsLine(
  identity: HostIdentity,
  key: Uint8Array,
  options: { readonly hashed?: boolean } = {},
): string {
  const name = recordedName(identity);
  return `${options.hashed ? formatHashedName(name) : name} ${keyTypeOf(key) ?? ""} ${Buffer.from(key).toString("base64")}`;
}

const hashBytes = 20;

function formatHashedName(name: string): string {
  const salt = randomBytes(hashBytes);
  return `|1|${salt.toString("base64")}|${hashName(name, salt).toString("base64")}`;
}

function parseHashedName(names: string): HashedName | undefined {
  const [, salt, hash] = /^\|1\|([A-Za-z0-9+/=]+)\|([A-Za-z0-9+/=]+)$/.exec(names) ?? [];
  if (salt === undefined || hash === undefined) return undefined;
  const parsed = { salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") };
  return parsed.salt.length === hashBytes && parsed.hash.length === hashBytes ? parsed : undefined;
}

function hashName(name: string, salt: Buffer): Buffer {
  return createHmac("sha1", salt).update(name).digest();
}
