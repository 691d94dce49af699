import type { SshKey } from "../../drivers/ssh2.ts";
import { agentKeys, lockedKey, openPrivateKey } from "../../drivers/ssh2.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { SshOptions } from "../../transport/ssh-options.ts";
import type { AskUnhurried } from "../../transport/ask-unhurried.ts";
import type { Answers } from "../../transport/answers.ts";
import { maxAttempts } from "../../transport/answers.ts";
import type { Identity } from "./identities.ts";
import {
  agentSocket,
  defaultIdentityFiles,
  missingIdentity,
  parseIdentity,
  passphraseNeeded,
  privateHalfMissing,
  readIdentity,
} from "./identities.ts";
import { isGiven, listOf } from "./given-option.ts";
import type { SshHostConfig } from "./ssh-config.ts";

/** A key to log in with, and what to call it in messages. */
export interface KeyCandidate {
  readonly key: SshKey;
  readonly name: string;
}

export interface KeySources {
  readonly options: SshOptions;
  readonly config: SshHostConfig;
  readonly answers: Answers;
  /** Without a password, for questions. */
  readonly url: string;
  /** Told of a key that might have let somebody in, and that stays locked. */
  readonly stayedLocked: (problem: TransportError) => void;
}

/** Whether the caller said itself which keys to use. */
export function namesKeys({ privateKey, identityFile, agent }: SshOptions): boolean {
  return isGiven(privateKey) || isGiven(identityFile) || isGiven(agent);
}

/** The keys that the caller named, in order: the one it gave, its files, its agent. What of them is of no use is an error. */
export async function* namedKeys(sources: KeySources, ask: AskUnhurried): AsyncGenerator<KeyCandidate> {
  const { privateKey, identityFile, agent } = sources.options;
  if (isGiven(privateKey)) {
    const name = "the given private key";
    const content = Buffer.from(privateKey);
    const identity = parseIdentity(content, name);
    if (identity?.kind !== "private")
      throw new TransportError("authentication-failed", `${name} is no private key in OpenSSH or PEM form`, {
        operation: "connect",
      });
    yield* candidates(sources, identity, [], true, ask);
  }
  if (isGiven(identityFile)) {
    const held = await heldByAgent(sources, isGiven(agent));
    for (const file of listOf(identityFile)) {
      const identity = readIdentity(file);
      if (identity === undefined) throw missingIdentity(file);
      yield* candidates(sources, identity, held, true, ask);
    }
  } else if (isGiven(agent)) {
    for (const key of await agentKeys(agent)) yield agentCandidate(key);
  }
}

/** The keys that ssh would try by itself, in its order: of an agent first those that a file names, then its others, then files. */
export async function* ambientKeys(sources: KeySources, ask: AskUnhurried): AsyncGenerator<KeyCandidate> {
  const { config, options } = sources;
  const files = options.identityFile === null ? [] : (config.identityFiles ?? defaultIdentityFiles());
  const identities = files.map(readIfUsable).filter((identity) => identity !== undefined);
  const held = await heldByAgent(sources, false);
  const isNamed = (key: SshKey): boolean => identities.some(({ publicKey }) => publicKey?.equals(key.publicKey));
  for (const key of held.filter(isNamed)) yield agentCandidate(key);
  if (config.identitiesOnly !== true)
    for (const key of held.filter((other) => !isNamed(other))) yield agentCandidate(key);
  for (const identity of identities) {
    if (identity.kind === "public" || held.some(({ publicKey }) => identity.publicKey?.equals(publicKey))) continue;
    yield* candidates(sources, identity, [], false, ask);
  }
}

async function heldByAgent({ options, config }: KeySources, required: boolean): Promise<readonly SshKey[]> {
  const socket = agentSocket(options.agent === undefined ? config.identityAgent : options.agent);
  if (socket === undefined) return [];
  try {
    return await agentKeys(socket);
  } catch (error) {
    if (required) throw error;
    return []; // An agent that nobody named and that is not there is like none.
  }
}

/** A file that nobody named is passed over where it cannot be used, as ssh does. */
function readIfUsable(file: string): Identity | undefined {
  try {
    return readIdentity(file);
  } catch (error) {
    if (error instanceof TransportError) return undefined;
    throw error;
  }
}

async function* candidates(
  sources: KeySources,
  identity: Identity,
  held: readonly SshKey[],
  named: boolean,
  ask: AskUnhurried,
): AsyncGenerator<KeyCandidate> {
  const { file, publicKey } = identity;
  const inAgent = held.find((key) => publicKey?.equals(key.publicKey));
  if (inAgent !== undefined) return yield { key: inAgent, name: file };
  if (identity.kind === "public") throw privateHalfMissing(file);
  if (identity.encrypted && identity.publicKey !== undefined) {
    // The passphrase is asked for once the server has said that it would accept the key.
    const unlock = async (): Promise<SshKey | undefined> => {
      const opened = await open(sources, identity, ask);
      if (typeof opened !== "string") return opened;
      sources.stayedLocked(passphraseNeeded(file, opened === "wrong-passphrase"));
      return undefined;
    };
    if (!isGiven(sources.options.passphrase) && !sources.answers.askable) {
      const problem = passphraseNeeded(file, false);
      if (named) throw problem;
      return sources.stayedLocked(problem);
    }
    return yield { key: lockedKey(identity.publicKey, unlock), name: file };
  }
  const opened = await open(sources, identity, ask);
  if (typeof opened !== "string") return yield { key: opened, name: file };
  if (named && opened === "unusable")
    throw new TransportError("authentication-failed", `${file} holds a key of a kind that is not supported`, {
      operation: "connect",
    });
  if (named) throw passphraseNeeded(file, opened === "wrong-passphrase");
}

/** Opens a private key, with the passphrase that was given or the one that is asked for. */
async function open(
  { options, answers, url }: KeySources,
  { file, content, encrypted }: Identity & { kind: "private" },
  ask: AskUnhurried,
): ReturnType<typeof openPrivateKey> {
  let opened = await openPrivateKey(content, options.passphrase ?? undefined);
  if (typeof opened !== "string" || !encrypted || isGiven(options.passphrase)) return opened;
  for (let attempt = 1; attempt <= maxAttempts && typeof opened === "string"; attempt++) {
    const answer = await answers.to({ kind: "passphrase", url, keyFile: file }, attempt, ask);
    if (answer === undefined) return opened;
    opened = await openPrivateKey(content, answer[0]);
  }
  return opened;
}

function agentCandidate(key: SshKey): KeyCandidate {
  return { key, name: `the agent's key ${key.comment || key.keyType}` };
}
