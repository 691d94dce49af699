import type { AnyAuthMethod, BaseAgent, IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from "ssh2";

import { TransportError } from "../errors/transport-error.ts";
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

/** Why a private key could not be opened. */
export type KeyProblem = "no-passphrase" | "wrong-passphrase" | "unusable";

/** Opens a private key in any of the OpenSSH, PEM or PuTTY forms. */
export async function openPrivateKey(content: Buffer, passphrase: string | undefined): Promise<SshKey | KeyProblem> {
  const { utils } = await loadSsh2();
  const parsed: ParsedKey | Error | readonly ParsedKey[] = utils.parseKey(content, passphrase);
  if (parsed instanceof Error) {
    if (/no passphrase given/i.test(parsed.message)) return "no-passphrase";
    // ssh2 says "bad passphrase?" where it could tell, and that the key is malformed where what it decrypted is noise.
    return passphrase === undefined ? "unusable" : "wrong-passphrase";
  }
  const [key] = Array.isArray(parsed) ? (parsed as readonly ParsedKey[]) : [parsed as ParsedKey];
  return key?.isPrivateKey() ? new FileKey(key) : "unusable";
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
  if (key instanceof AgentKey) return { type: "agent", username, agent: await agentWithOneKey(key) };
  if (key instanceof FileKey) return { type: "publickey", username, key: key.parsed };
  throw new TransportError("unexpected", "a key that this driver did not open");
}

/** ssh2 offers every key of an agent in turn; this offers the one that is meant. */
async function agentWithOneKey({ agent, parsed }: AgentKey): Promise<BaseAgent> {
  const { BaseAgent: Base } = await loadSsh2();
  class OneKey extends Base {
    override getIdentities(callback: IdentityCallback): void {
      callback(null, [parsed]);
    }
    override sign(key: ParsedKey, data: Buffer, options: SigningRequestOptions | SignCallback, done?: SignCallback): void {
      if (typeof options === "function") agent.sign(key, data, options);
      else agent.sign(key, data, options, done);
    }
  }
  return new OneKey() as BaseAgent;
}
