import type { AuthAttempt, AuthPlan, AuthRefusal, SshChallenge } from "../../drivers/ssh2.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { AskCredentials } from "../../transport/credentials.ts";
import type { SshOptions } from "../../transport/ssh-options.ts";
import type { AskUnhurried } from "../../transport/ask-unhurried.ts";
import { Answers, maxAttempts } from "../../transport/answers.ts";
import type { Destination } from "./destination.ts";
import { urlOf } from "./destination.ts";
import type { KeyCandidate, KeySources } from "./key-candidates.ts";
import { ambientKeys, namedKeys, namesKeys } from "./key-candidates.ts";

export interface AuthenticationOptions {
  readonly destination: Destination;
  readonly ssh: SshOptions;
  /** `null`: no password is used, whoever offers one. */
  readonly password: string | null | undefined;
  readonly ask: AskCredentials | null | undefined;
}

/** A server that wants more than this many proofs one after another wants something else. */
const maxFactors = 4;

type Method = "publickey" | "password" | "keyboard-interactive";

/** How one shared connection logs in. It remembers what it was told until the server refuses it. */
export class Authentication {
  readonly #options: AuthenticationOptions;
  readonly #url: string;
  readonly #answers: Answers;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
    this.#url = urlOf(options.destination);
    this.#answers = new Answers(options.ask);
  }

  /**
   * The attempts for one wire: what the caller gave, then what ssh would find by itself, then what the callback answers. Where a password was given
   * and the server takes passwords, nothing that was not given is tried: nobody is to be logged in as somebody else than they said.
   */
  async *plan(ask: AskUnhurried): AuthPlan {
    const log = new AttemptLog();
    for (let factor = 1; factor <= maxFactors; factor++) {
      const accepted = yield* this.#oneFactor(log, ask);
      if (!accepted) break;
    }
    this.#answers.clear();
    throw log.failure(this.#options.destination, this.#url, this.#answers.askable);
  }

  /** Attempts until one is accepted as a part of what the server demands; false where there is none left. */
  async *#oneFactor(log: AttemptLog, ask: AskUnhurried): AsyncGenerator<AuthAttempt, boolean, AuthRefusal | undefined> {
    const { ssh, password, destination } = this.#options;
    const sources: KeySources = {
      options: ssh,
      config: destination.config,
      answers: this.#answers,
      url: this.#url,
      stayedLocked: (problem) => log.stayedLocked(problem),
    };
    if (namesKeys(ssh) && (yield* tryKeys(namedKeys(sources, ask), log))) return true;
    if (typeof password === "string") {
      if (log.allows("password") && (yield* log.attempt({ kind: "password", password }, "password", thePassword)))
        return true;
      if (log.allows("keyboard-interactive")) {
        const answer = (challenge: SshChallenge): Promise<readonly string[]> =>
          this.#answerWith(password, challenge, ask);
        if (yield* log.attempt({ kind: "keyboard-interactive", answer }, "keyboard-interactive", thePassword))
          return true;
      }
      if (log.tried("password") || log.tried("keyboard-interactive")) return false;
    }
    if (!namesKeys(ssh) && (yield* tryKeys(ambientKeys(sources, ask), log))) return true;
    return password === null ? false : yield* this.#asked(log, ask);
  }

  /** What a person or a secret store is asked for. */
  async *#asked(log: AttemptLog, ask: AskUnhurried): AsyncGenerator<AuthAttempt, boolean, AuthRefusal | undefined> {
    if (!this.#answers.askable) return false;
    // Nobody is asked for a password by a server that takes none: it is asked first, which costs a round trip only where a person is waited for anyway.
    if (!log.heard && (yield* log.inquire())) return true;
    const { user, host } = this.#options.destination;
    const question = { kind: "password", url: this.#url, user, host } as const;
    for (let attempt = 1; attempt <= maxAttempts && log.allows("password"); attempt++) {
      const answer = await this.#answers.to(question, attempt, ask);
      if (answer?.[0] === undefined) break;
      if (yield* log.attempt({ kind: "password", password: answer[0] }, "password", thePassword)) return true;
    }
    if (log.tried("password")) return false;
    for (let attempt = 1; attempt <= maxAttempts && log.allows("keyboard-interactive"); attempt++) {
      let answered = true;
      const answer = async (challenge: SshChallenge): Promise<readonly string[]> => {
        const answers = await this.#answers.to(
          { kind: "keyboard-interactive", url: this.#url, user, host, ...challenge },
          attempt,
          ask,
        );
        answered &&= answers !== undefined;
        return answers ?? [];
      };
      if (yield* log.attempt({ kind: "keyboard-interactive", answer }, "keyboard-interactive", "the answers"))
        return true;
      if (!answered) return false;
    }
    return false;
  }

  /** A given password answers a question that can only mean it; every other one is the callback's. */
  async #answerWith(password: string, challenge: SshChallenge, ask: AskUnhurried): Promise<readonly string[]> {
    const { prompts } = challenge;
    if (prompts.length === 1 && prompts[0]?.echo === false) return [password];
    const { user, host } = this.#options.destination;
    return (
      (await this.#answers.to({ kind: "keyboard-interactive", url: this.#url, user, host, ...challenge }, 1, ask)) ?? []
    );
  }
}

async function* tryKeys(
  keys: AsyncGenerator<KeyCandidate>,
  log: AttemptLog,
): AsyncGenerator<AuthAttempt, boolean, AuthRefusal | undefined> {
  if (!log.allows("publickey")) return false;
  for await (const { key, name } of keys) {
    if (yield* log.attempt({ kind: "key", key }, "publickey", name)) return true;
    if (!log.allows("publickey")) return false;
  }
  return false;
}

/** What was tried on one wire, and how the server took it. */
class AttemptLog {
  #refusal: AuthRefusal | undefined;
  readonly #names: string[] = [];
  readonly #methods = new Set<Method>();
  #locked: TransportError | undefined;

  /** Takes note of a key that could not be opened. */
  stayedLocked(problem: TransportError): void {
    this.#locked ??= problem;
  }

  /** Whether the server has said which methods it takes. */
  get heard(): boolean {
    return this.#refusal !== undefined;
  }

  /** Has the server say which methods it takes. It does not return where the server lets anybody in. */
  async *inquire(): AsyncGenerator<AuthAttempt, boolean, AuthRefusal | undefined> {
    this.#refusal = yield { kind: "none" };
    return this.#refusal?.partialSuccess === true;
  }

  /** Whether the server may take a method. Nothing is known before it refused once. */
  allows(method: Method): boolean {
    return this.#refusal === undefined || this.#refusal.methodsLeft.includes(method);
  }

  /** Whether a method was tried and the server takes it at all. */
  tried(method: Method): boolean {
    return this.#methods.has(method);
  }

  /** Tries; true where it was accepted as a part of what the server demands. It does not return where it was accepted altogether. */
  async *attempt(
    attempt: AuthAttempt,
    method: Method,
    name: string,
  ): AsyncGenerator<AuthAttempt, boolean, AuthRefusal | undefined> {
    const refusal = yield attempt;
    this.#refusal = refusal;
    if (refusal?.partialSuccess) {
      this.#methods.clear();
      return true;
    }
    // A method that the server does not take now was refused unseen: it may be wanted later, after another one.
    if (refusal?.methodsLeft.includes(method)) {
      this.#methods.add(method);
      if (!this.#names.includes(name)) this.#names.push(name);
    }
    return false;
  }

  failure({ user, host }: Destination, url: string, askable: boolean): TransportError {
    if (this.#names.length === 0 && this.#locked !== undefined) return this.#locked;
    const takes =
      this.#refusal === undefined ? "" : `; it takes ${this.#refusal.methodsLeft.join(", ") || "nothing more"}`;
    const reason =
      this.#names.length === 0
        ? `there was nothing to log in with as ${user}`
        : `${host} refuses ${this.#names.join(", ")} for ${user}`;
    const locked = this.#locked === undefined ? "" : `; ${this.#locked.reason}`;
    return new TransportError("authentication-failed", `${reason}${takes}${locked}`, {
      operation: "connect",
      url,
      hint: askable || this.#names.includes(thePassword) ? "Check the user and the credentials" : wayOut,
    });
  }
}

const thePassword = "the password";
const wayOut = "Give a password, name a key with ssh: { identityFile: … }, or pass a credentials callback";
