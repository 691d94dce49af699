import type { AnyAuthMethod, Client, ConnectConfig, NextAuthHandler, Prompt } from "ssh2";

import { whenAborted } from "../connection/abort.ts";
import type { OpenContext } from "../connection/connector.ts";
import { deferred } from "../connection/deferred.ts";
import { TransportError, toTransportError } from "../errors/transport-error.ts";
import { acknowledgeAtOnce, actsInOrder, prepareLogin, signAtOnce } from "./ssh2-ahead.ts";
import type { LoginProgress, VendorError } from "./ssh2-errors.ts";
import { heardBeforeIdent, loginError } from "./ssh2-errors.ts";
import type { SshKey } from "./ssh2-keys.ts";
import { authMethodFor } from "./ssh2-keys.ts";
import type { SshSocket } from "./ssh2-socket.ts";

/** What a server asks with the method keyboard-interactive (RFC 4256). */
export interface SshChallenge {
  readonly name: string;
  readonly instructions: string;
  readonly prompts: readonly { readonly text: string; readonly echo: boolean }[];
}

/** One way to log in that is to be tried. */
export type AuthAttempt =
  /** Asks the server which methods it takes, by being refused (RFC 4252, section 5.2). */
  | { readonly kind: "none" }
  | { readonly kind: "key"; readonly key: SshKey }
  | { readonly kind: "password"; readonly password: string }
  | {
      readonly kind: "keyboard-interactive";
      /** Answers the prompts, one text each. The server may ask several times. */
      readonly answer: (challenge: SshChallenge) => Promise<readonly string[]>;
    };

/** How the server refused an attempt. */
export interface AuthRefusal {
  /** The methods that may go on: `publickey`, `password`, `keyboard-interactive`. */
  readonly methodsLeft: readonly string[];
  /** The attempt was accepted, and something else is demanded as well. */
  readonly partialSuccess: boolean;
}

/**
 * The attempts to log in, in order: each `next` is given how the server refused the one before, the first one nothing. When it returns there is
 * nothing left to try; what it throws is why the login failed.
 */
export type AuthPlan = AsyncGenerator<AuthAttempt, void, AuthRefusal | undefined>;

/** Who logs in, and how both sides are known. */
export interface LoginTarget {
  readonly user: string;
  /** Host key algorithms in order of preference, of those in `hostKeyAlgorithms`. */
  readonly hostKeyAlgorithms: readonly string[];
  /** In order of preference; undefined for the driver's own order. */
  readonly ciphers?: readonly string[] | undefined;
  /**
   * Rejects unless the key, in the wire format of RFC 4253, is to be trusted. Resolves with what is to be done once the server has proved that the
   * key is its own. Asked before anything is said of the user.
   */
  readonly verifyHostKey: (key: Buffer) => Promise<() => void>;
  readonly authenticate: () => AuthPlan;
}

/** The host key algorithms that are known, in the order in which they are offered where nothing is on record. */
export const hostKeyAlgorithms: readonly string[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
  "ssh-rsa",
];

/** Before its identification a server may send lines of text; this much of them is kept. */
const maxGreetingBytes = 4096;

/** What a login has told of the server. */
export interface LoginOutcome {
  /** Its identification: `SSH-2.0-OpenSSH_9.2p1 Debian-2`. */
  readonly ident: string;
  /** How long it took to answer a request that costs it nothing, in milliseconds. */
  readonly roundTripMs: number;
}

/** Shakes hands and logs in over a connected socket. Whoever calls destroys the socket if it rejects. */
export function logIn(
  client: Client,
  socket: SshSocket,
  target: LoginTarget,
  signal: AbortSignal,
  enter: OpenContext["enter"],
): Promise<LoginOutcome> {
  return new Promise((resolve, reject) => {
    const login = new Login(client, socket, target, enter);
    const stopListening = whenAborted(signal, () => login.fail(signal.reason as TransportError));
    login.outcome.then(resolve, reject).finally(stopListening);
    login.start();
  });
}

class Login {
  readonly #outcome = deferred<LoginOutcome>();
  readonly #client: Client;
  readonly #socket: SshSocket;
  readonly #target: LoginTarget;
  readonly #enter: OpenContext["enter"];
  readonly #plan: AuthPlan;
  #phase: LoginProgress["phase"] = "handshake";
  #settled = false;
  #greeting = "";
  #ident: string | undefined;
  #trustedKey: Buffer | undefined;
  #afterProof: (() => void) | undefined;
  #attempted = false;
  #goOn: (() => void) | undefined;
  #ahead = false;
  #stopAcknowledging: (() => void) | undefined;
  #askedAt = 0;
  #roundTripMs: number | undefined;
  /** Settles once it is known which signatures the server takes, as far as it says so. */
  readonly #signatures = deferred<void>();

  constructor(client: Client, socket: SshSocket, target: LoginTarget, enter: OpenContext["enter"]) {
    this.#client = client;
    this.#socket = socket;
    this.#target = target;
    this.#enter = enter;
    this.#plan = target.authenticate();
  }

  get outcome(): Promise<LoginOutcome> {
    return this.#outcome.promise;
  }

  start(): void {
    const client = this.#client;
    this.#enter("handshake", undefined, () => heardBeforeIdent(this.#progress));
    if (this.#socket.destroyed) return this.fail(loginError(undefined, this.#progress));
    client.on("error", (error: VendorError) => {
      // An agent that cannot sign, or a key that cannot, is one attempt that failed; ssh2 goes on by itself.
      if (error.level === "agent" || error.message.startsWith("Error signing data with key")) return;
      this.fail(loginError(error, this.#progress));
    });
    client.on("close", () => this.fail(loginError(undefined, this.#progress)));
    client.on("handshake", () => this.#proved());
    client.on("change password", () => this.fail(passwordExpired()));
    client.on("ready", () => this.#ready());
    try {
      client.connect(this.#config());
    } catch (error) {
      this.fail(badConfiguration(error));
    }
    signAtOnce(client);
    this.#goOn = prepareLogin(client, {
      accepted: () => this.#agreed(),
      signaturesTold: () => this.#signatures.resolve(),
    });
    // After `connect`, which pauses the socket: before it, listening would set it flowing.
    this.#socket.on("data", this.#readIdent);
  }

  fail(error: TransportError): void {
    if (this.#settled) return;
    this.#leave();
    this.#outcome.reject(error);
  }

  get #progress(): LoginProgress {
    return { phase: this.#phase, ident: this.#ident, greeting: this.#greeting };
  }

  #leave(): void {
    this.#settled = true;
    this.#signatures.resolve();
    this.#socket.off("data", this.#readIdent);
    this.#stopAcknowledging?.();
    for (const event of ["error", "close", "handshake", "change password", "ready"])
      this.#client.removeAllListeners(event);
    // Until somebody else listens: an "error" event without a listener would end the process.
    this.#client.on("error", () => undefined);
  }

  #config(): ConnectConfig {
    const { user, hostKeyAlgorithms: serverHostKey, ciphers } = this.#target;
    return {
      sock: this.#socket,
      username: user,
      readyTimeout: 0,
      algorithms: {
        serverHostKey: [...serverHostKey],
        ...(ciphers === undefined ? {} : { cipher: [...ciphers] }),
      } as NonNullable<ConnectConfig["algorithms"]>,
      hostVerifier: (key: Buffer, verify: (trusted: boolean) => void) => void this.#verifyHost(key, verify),
      authHandler: (methodsLeft, partialSuccess, next) => void this.#advance(methodsLeft, partialSuccess, next),
    };
  }

  /** The server's first line is read along, since ssh2 tells nobody what it was. */
  readonly #readIdent = (chunk: Buffer): void => {
    this.#greeting += chunk.toString("latin1", 0, maxGreetingBytes);
    const found = /(?:^|\n)(SSH-[^\r\n]*)\r?\n/.exec(this.#greeting);
    if (found !== null) {
      this.#ident = found[1];
      this.#greeting = this.#greeting.slice(0, found.index);
    }
    if (found !== null || this.#greeting.length > maxGreetingBytes) this.#socket.off("data", this.#readIdent);
  };

  async #verifyHost(key: Buffer, verify: (trusted: boolean) => void): Promise<void> {
    // Keys are exchanged again after some gigabytes; nobody is asked twice about the same one.
    if (this.#trustedKey?.equals(key)) return verify(true);
    try {
      const afterProof = await this.#target.verifyHostKey(Buffer.from(key));
      if (this.#settled) return;
      this.#trustedKey = Buffer.from(key);
      this.#afterProof = afterProof;
      verify(true);
    } catch (error) {
      this.fail(toTransportError(error));
    }
  }

  #proved(): void {
    try {
      this.#afterProof?.();
    } catch (error) {
      return this.fail(toTransportError(error));
    }
    this.#afterProof = undefined;
    if (this.#phase === "authenticate") return;
    this.#phase = "authenticate";
    this.#enter("authenticate");
    this.#askedAt = performance.now();
    if (!actsInOrder(this.#ident)) return;
    this.#stopAcknowledging = acknowledgeAtOnce(this.#client, this.#socket);
    if (this.#goOn === undefined) return;
    this.#ahead = true;
    // ssh2 asks to log in as soon as this event is over.
    queueMicrotask(() => {
      if (!this.#settled) this.#goOn?.();
    });
  }

  /** The server lets one try to log in. */
  #agreed(): void {
    this.#roundTripMs ??= performance.now() - this.#askedAt;
    this.#signatures.resolve();
  }

  async #advance(
    methodsLeft: readonly string[] | null,
    partialSuccess: boolean | null,
    next: NextAuthHandler,
  ): Promise<void> {
    if (!this.#ahead) this.#agreed();
    try {
      const refusal = methodsLeft === null ? undefined : { methodsLeft, partialSuccess: partialSuccess === true };
      const step = await this.#plan.next(refusal);
      if (this.#settled) return;
      if (step.done)
        return this.fail(new TransportError("authentication-failed", "there is no way to log in left to try"));
      const method = await this.#methodFor(step.value);
      if (step.value.kind === "key" && step.value.key.keyType === "ssh-rsa") await this.#signatures.promise;
      if (this.#settled) return;
      this.#attempted = true;
      next(method);
    } catch (error) {
      this.fail(toTransportError(error));
    }
  }

  async #methodFor(attempt: AuthAttempt): Promise<AnyAuthMethod> {
    const { user: username } = this.#target;
    if (attempt.kind === "key") return await authMethodFor(attempt.key, username);
    if (attempt.kind === "none") return { type: "none", username };
    if (attempt.kind === "password") return { type: "password", username, password: attempt.password };
    const prompt = (
      name: string,
      instructions: string,
      _language: string,
      prompts: Prompt[],
      finish: (answers: string[]) => void,
    ): void => {
      const challenge = {
        name,
        instructions,
        prompts: prompts.map(({ prompt: text, echo = true }) => ({ text, echo })),
      };
      attempt.answer(challenge).then(
        (answers) => {
          if (!this.#settled) finish(prompts.map((_, index) => answers[index] ?? ""));
        },
        (error: unknown) => this.fail(toTransportError(error)),
      );
    };
    return { type: "keyboard-interactive", username, prompt };
  }

  #ready(): void {
    // ssh2 believes a server that says "success" at any time, also before it showed a key.
    if (this.#trustedKey === undefined || !this.#attempted || this.#ident === undefined) {
      return this.fail(
        new TransportError("protocol-error", "the server says that the login succeeded before there was one"),
      );
    }
    if (this.#settled) return;
    const ident = this.#ident;
    const roundTripMs = this.#roundTripMs ?? performance.now() - this.#askedAt;
    this.#leave();
    this.#outcome.resolve({ ident, roundTripMs });
  }
}

function passwordExpired(): TransportError {
  return new TransportError("authentication-failed", "the password has expired, and the server wants a new one", {
    hint: "Change it on the server first",
  });
}

/** ssh2 throws for algorithms that it does not know. */
function badConfiguration(error: unknown): TransportError {
  const reason = error instanceof Error ? error.message : String(error);
  return new TransportError("unsupported", `the driver refuses the connection's options: ${reason}`, {
    hint: "Check ssh: { ciphers: … }",
    cause: error,
  });
}
