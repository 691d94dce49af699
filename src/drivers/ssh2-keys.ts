import { createPrivateKey } from "node:crypto";

import type { AnyAuthMethod, BaseAgent, IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from "ssh2";

import { TransportError } from "../errors/transport-error.ts";
import type { Ssh2 } from "./ssh2-package.ts";
import { loadSsh2 } from "./ssh2-package.ts";

/** A key that can sign: opened from a file, or held by an agent. */
export interface SshKey {
  /** In the wire format of RFC 4253. */
  readonly publicKey: Buffer;
  /** `ssh-ed25519`. */
  readonly keyType: string;
  /** What the agent calls it; for a key file, the comment in it. */
  readonly comment: string;
}

class FileKey implements SshKey {
  readonly publicKey: Buffer;
  readonly keyType: string;
  readonly comment: string;
  readonly parsed: ParsedKey;

  constructor(parsed: ParsedKey) {
    this.parsed = parsed;
    this.publicKey = parsed.getPublicSSH();
    this.keyType = parsed.type;
    this.comment = parsed.comment;
  }
}

class AgentKey extends FileKey {
  readonly agent: BaseAgent;

  constructor(parsed: ParsedKey, agent: BaseAgent) {
    super(parsed);
    this.agent = agent;
  }
}

/** A key of which the public half is known, and whose private half is opened once the server has said that it would accept it. */
class LockedKey implements SshKey {
  readonly publicKey: Buffer;
  readonly keyType: string;
  readonly comment = "";
  readonly unlock: () => Promise<SshKey | undefined>;

  constructor(publicKey: Buffer, unlock: () => Promise<SshKey | undefined>) {
    this.publicKey = publicKey;
    // The blob begins with its type (RFC 4253 section 6.6).
    this.keyType = publicKey.toString("latin1", 4, 4 + publicKey.readUInt32BE(0));
    this.unlock = unlock;
  }
}

/** A key that is offered by its public half; `unlock` is asked for the rest only if the server wants it, undefined giving the key up. */
export function lockedKey(publicKey: Buffer, unlock: () => Promise<SshKey | undefined>): SshKey {
  return new LockedKey(publicKey, unlock);
}

/** Why a private key could not be opened. */
export type KeyProblem = "no-passphrase" | "wrong-passphrase" | "unusable";

/** Opens a private key in any of the OpenSSH, PEM or PuTTY forms. */
export async function openPrivateKey(content: Buffer, passphrase: string | undefined): Promise<SshKey | KeyProblem> {
  const { utils } = await loadSsh2();
  const plain = pkcs8.test(content.toString("latin1")) ? fromPkcs8(content, passphrase) : content;
  if (typeof plain === "string") return plain;
  const parsed: ParsedKey | Error | readonly ParsedKey[] = utils.parseKey(plain, passphrase);
  if (parsed instanceof Error) {
    if (/no passphrase given/i.test(parsed.message)) return "no-passphrase";
    // ssh2 says "bad passphrase?" where it could tell, and that the key is malformed where what it decrypted is noise.
    return passphrase === undefined ? "unusable" : "wrong-passphrase";
  }
  const [key] = Array.isArray(parsed) ? (parsed as readonly ParsedKey[]) : [parsed as ParsedKey];
  return key?.isPrivateKey() ? new FileKey(key) : "unusable";
}

const pkcs8 = /-----BEGIN (?:ENCRYPTED )?PRIVATE KEY-----/;

/** ssh2 does not know PKCS #8, the form that openssl writes: the same key in one that it knows. */
function fromPkcs8(content: Buffer, passphrase: string | undefined): Buffer | KeyProblem {
  const encrypted = content.includes("ENCRYPTED PRIVATE KEY");
  if (encrypted && passphrase === undefined) return "no-passphrase";
  try {
    const key = createPrivateKey({ key: content, format: "pem", ...(encrypted ? { passphrase } : {}) });
    if (key.asymmetricKeyType === "rsa") return Buffer.from(key.export({ type: "pkcs1", format: "pem" }));
    return key.asymmetricKeyType === "ec" ? Buffer.from(key.export({ type: "sec1", format: "pem" })) : "unusable";
  } catch {
    return encrypted ? "wrong-passphrase" : "unusable"; // OpenSSL's reasons differ from version to version.
  }
}

/** The keys that an agent holds, in its order. Rejects with `authentication-failed` where there is no agent at that socket. */
export async function agentKeys(socketPath: string): Promise<readonly SshKey[]> {
  const { createAgent, utils } = await loadSsh2();
  return await new Promise((resolve, reject) => {
    const agent = createAgent(socketPath);
    agent.getIdentities((error, keys) => {
      if (error || keys === undefined) {
        return reject(
          new TransportError("authentication-failed", `the agent at ${socketPath} does not answer`, {
            hint: "Start it, or pass ssh: { agent: null } to ask none",
            cause: error ?? undefined,
          }),
        );
      }
      const parsed = (keys as readonly ParsedKey[]).map((key) => utils.parseKey(key));
      resolve(parsed.filter((key) => !(key instanceof Error)).map((key) => new AgentKey(key as ParsedKey, agent)));
    });
  });
}

/** How ssh2 is told to use a key. */
export async function authMethodFor(key: SshKey, username: string): Promise<AnyAuthMethod> {
  const ssh2 = await loadSsh2();
  if (key instanceof AgentKey) {
    return offer(ssh2, username, key.parsed, (data, options, done) => key.agent.sign(key.parsed, data, options, done));
  }
  if (key instanceof FileKey) return { type: "publickey", username, key: key.parsed };
  const parsed = ssh2.utils.parseKey(`${key.keyType} ${key.publicKey.toString("base64")}`);
  if (!(key instanceof LockedKey) || parsed instanceof Error)
    throw new TransportError("unexpected", "a key that this driver did not open");
  return offer(ssh2, username, parsed, (data, { hash }, done) => {
    key.unlock().then((opened) => {
      const signature: Buffer | Error =
        opened instanceof FileKey ? opened.parsed.sign(data, hash) : new Error("the key stays locked");
      if (signature instanceof Error) done(signature);
      else done(null, signature);
    }, done);
  });
}

type Sign = (data: Buffer, options: SigningRequestOptions, done: SignCallback) => void;

/** ssh2 offers every key of an agent in turn, and asks for a signature once the server wants one: here of an agent with this key alone. */
function offer({ BaseAgent: Base }: Ssh2, username: string, publicKey: ParsedKey, sign: Sign): AnyAuthMethod {
  class OneKey extends Base {
    override getIdentities(callback: IdentityCallback): void {
      callback(null, [publicKey]);
    }
    override sign(
      _key: unknown,
      data: Buffer,
      options: SigningRequestOptions | SignCallback,
      done?: SignCallback,
    ): void {
      if (typeof options === "function") sign(data, {}, options);
      else if (done !== undefined) sign(data, options, done);
    }
  }
  return { type: "agent", username, agent: new OneKey() as BaseAgent };
}
