import type { AuthContext, ParsedKey, PublicKeyAuthContext } from "ssh2";

import type { SshLoginAttempt, SshServerUser, SshServerUsers } from "./ssh-server.ts";
import type { Ssh2 } from "./ssh2-package.ts";

type OfferedMethod = "publickey" | "password" | "keyboard-interactive";

const allMethods: OfferedMethod[] = ["publickey", "password", "keyboard-interactive"];

interface KnownUser extends SshServerUser {
  readonly keys: readonly ParsedKey[];
}

/** Knows who is let in. */
export class SshServerLogin {
  readonly #users: ReadonlyMap<string, KnownUser>;

  /** Throws where a line of `publicKeys` holds no key. */
  constructor(ssh2: Ssh2, users: SshServerUsers) {
    const known = (user: SshServerUser): KnownUser => ({
      ...user,
      keys: (user.publicKeys ?? []).map((line) => parseKey(ssh2, line)),
    });
    this.#users = new Map(Object.entries(users).map(([name, user]) => [name, known(user)]));
  }

  /** Answers a request to be let in as the user's entry says. */
  decide(context: AuthContext): void {
    const user = this.#users.get(context.username);
    if (user === undefined) return context.reject(allMethods);
    const decide = (accepted: boolean): void => (accepted ? context.accept() : context.reject(methodsOf(user)));
    switch (context.method) {
      case "password":
        return decide(user.password !== undefined && context.password === user.password);
      case "publickey":
        return decide(user.keys.some((key) => proves(context, key)));
      case "keyboard-interactive": {
        const { prompts } = user;
        if (prompts === undefined) return decide(false);
        return context.prompt(
          prompts.map(({ text, echo }) => ({ prompt: text, echo })),
          // Of an attempt that was given up, ssh2 hands over an error in the place of the answers.
          (answers) => Array.isArray(answers) && decide(prompts.every(({ answer }, at) => answers[at] === answer)),
        );
      }
      default:
        return decide(false);
    }
  }

  /** Answers that this is not the way in, whoever it is. */
  refuse(context: AuthContext): void {
    const user = this.#users.get(context.username);
    context.reject(user === undefined ? allMethods : methodsOf(user));
  }
}

export function attemptOf(context: AuthContext): SshLoginAttempt {
  const query = context.method === "publickey" && context.signature === undefined;
  return { user: context.username, method: query ? "publickey-query" : (context.method as SshLoginAttempt["method"]) };
}

/** Whether a request is made with a key: shown to be so if it is signed, claimed if it is not. */
function proves({ key, blob, signature, hashAlgo }: PublicKeyAuthContext, known: ParsedKey): boolean {
  if (!known.getPublicSSH().equals(key.data)) return false;
  return signature === undefined || blob === undefined || known.verify(blob, signature, hashAlgo) === true;
}

function methodsOf({ password, publicKeys, prompts }: SshServerUser): OfferedMethod[] {
  const has: Record<OfferedMethod, unknown> = { publickey: publicKeys, password, "keyboard-interactive": prompts };
  return allMethods.filter((method) => has[method] !== undefined);
}

function parseKey({ utils }: Ssh2, line: string): ParsedKey {
  const key = utils.parseKey(line);
  if (key instanceof Error) throw key;
  return key as ParsedKey;
}
