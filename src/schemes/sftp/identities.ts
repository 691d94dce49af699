import { readFileSync } from "node:fs";
import { homedir } from "node:os";

import { TransportError } from "../../errors/transport-error.ts";
import { keyTypeOf } from "./host-key.ts";

/** What a key file holds. */
export type Identity =
  | {
      readonly kind: "private";
      readonly file: string;
      readonly content: Buffer;
      readonly encrypted: boolean;
      /** In the wire format of RFC 4253, where it can be read without a passphrase: to recognise the key in an agent. */
      readonly publicKey: Buffer | undefined;
    }
  /** Of use only with an agent that holds its other half. */
  | { readonly kind: "public"; readonly file: string; readonly publicKey: Buffer };

/** The key files that ssh tries when none is named, in its order, without the kinds that need a hardware token. */
export function defaultIdentityFiles(): readonly string[] {
  return ["id_rsa", "id_ecdsa", "id_ed25519"].map((name) => `${homedir()}/.ssh/${name}`);
}

/** The agent's socket: the one that was configured, `null` being none, else the environment's. */
export function agentSocket(configured: string | null | undefined): string | undefined {
  if (configured === undefined) return process.env["SSH_AUTH_SOCK"] || undefined;
  return configured ?? undefined;
}

/**
 * Reads a key file; undefined where it is not there, which is an error only to a caller who named it.
 *
 * @throws TransportError `authentication-failed` for a file that cannot be read or is no key.
 */
export function readIdentity(file: string): Identity | undefined {
  const content = readIfPresent(file);
  if (content === undefined) return undefined;
  const identity = parseIdentity(content, file);
  if (identity === undefined) {
    throw new TransportError("authentication-failed", `${file} is no private key in OpenSSH or PEM form`, {
      operation: "connect",
      hint: "Name a private key made by ssh-keygen",
    });
  }
  if (identity.kind === "public" || identity.publicKey !== undefined) return identity;
  const sibling = readIfPresent(`${file}.pub`);
  return { ...identity, publicKey: sibling && parsePublicKey(sibling.toString("latin1")) };
}

/** What a key is, `file` being a name for it in errors; undefined for what is no key. */
export function parseIdentity(content: Buffer, file: string): Identity | undefined {
  const text = content.toString("latin1");
  const publicKey = parsePublicKey(text);
  if (publicKey !== undefined) return { kind: "public", file, publicKey };
  const openSsh = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]*)-----END/.exec(text)?.[1];
  if (openSsh !== undefined) {
    const parsed = parseOpenSshKey(Buffer.from(openSsh, "base64"));
    return parsed && { kind: "private", file, content, ...parsed };
  }
  if (/^PuTTY-User-Key-File-\d+:/m.test(text)) {
    return { kind: "private", file, content, encrypted: !/^Encryption: none\s*$/m.test(text), publicKey: undefined };
  }
  if (!/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(text)) return undefined;
  return {
    kind: "private",
    file,
    content,
    encrypted: /-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(text),
    publicKey: undefined,
  };
}

/** To a caller who named a key file that is not there. */
export function missingIdentity(file: string): TransportError {
  return new TransportError("authentication-failed", `there is no key file ${file}`, {
    operation: "connect",
    hint: file.startsWith("~/")
      ? "~ means something to a shell alone: write the directory out, or join it to os.homedir()"
      : "Name one that exists, or none at all to try the default ones",
  });
}

/** For an encrypted key to which nobody gave a passphrase, or a wrong one. */
export function passphraseNeeded(file: string, wrong: boolean): TransportError {
  return new TransportError(
    "authentication-failed",
    wrong ? `the passphrase does not open ${file}` : `${file} is encrypted and no passphrase was given`,
    {
      operation: "connect",
      hint: "Pass ssh: { passphrase: … }, answer in a credentials callback, or add the key to an agent with ssh-add",
    },
  );
}

/** For a public key in the place of a private one, no agent holding its other half. */
export function privateHalfMissing(file: string): TransportError {
  const other = file.endsWith(".pub") ? `Name ${file.slice(0, -4)}` : "Name the private key";
  return new TransportError("authentication-failed", `${file} is a public key, and no agent holds its private half`, {
    operation: "connect",
    hint: `${other}, or add it to an agent with ssh-add`,
  });
}

function parsePublicKey(text: string): Buffer | undefined {
  const [, type, encoded] = /^\s*([a-z][\w@.-]*) ([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(text) ?? [];
  if (type === undefined || encoded === undefined) return undefined;
  const key = Buffer.from(encoded, "base64");
  return keyTypeOf(key) === type ? key : undefined;
}

const magic = "openssh-key-v1\0";

/** The clear part of a key in OpenSSH's own format (PROTOCOL.key): cipher, key derivation and its options, number of keys, public key. */
function parseOpenSshKey(bytes: Buffer): { encrypted: boolean; publicKey: Buffer } | undefined {
  if (bytes.toString("latin1", 0, magic.length) !== magic) return undefined;
  let offset = magic.length;
  const readField = (): Buffer | undefined => {
    if (offset + 4 > bytes.length) return undefined;
    const start = offset + 4;
    offset = start + bytes.readUInt32BE(offset);
    return offset <= bytes.length ? bytes.subarray(start, offset) : undefined;
  };
  const cipher = readField();
  readField();
  readField();
  offset += 4;
  const publicKey = readField();
  if (cipher === undefined || publicKey === undefined || keyTypeOf(publicKey) === undefined) return undefined;
  return { encrypted: cipher.toString("latin1") !== "none", publicKey };
}

function readIfPresent(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new TransportError("authentication-failed", `cannot read the key file ${file}: ${message}`, {
      operation: "connect",
      hint: "Make it readable to this user alone (chmod 600)",
      cause: error,
    });
  }
}
