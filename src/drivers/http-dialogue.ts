import { whenAborted } from "../connection/abort.ts";
import { TransportError } from "../errors/transport-error.ts";
import type { HttpAuthentication } from "./http-authentication.ts";
import type { Credentials } from "./http-credentials.ts";
import { authenticationFailure } from "./http-credentials.ts";
import type { HttpHeaders } from "./http-message.ts";

/** A request that is to be authorised. */
export interface Asking {
  readonly method: string;
  readonly target: string;
  readonly signal: AbortSignal | undefined;
}

/** A server that asks more often for one request will never be content. */
const maxRounds = 6;

/** One request's way through what the server asks for. */
export class HttpDialogue {
  readonly #authentication: HttpAuthentication;
  readonly #asking: Asking;
  #shown: Credentials | undefined;
  #renewed: Credentials | undefined;
  #rounds = 0;
  #over = false;

  constructor(authentication: HttpAuthentication, asking: Asking) {
    this.#authentication = authentication;
    this.#asking = asking;
  }

  /** The value of `Authorization` for the next attempt; undefined where nothing is to be sent. */
  authorization(): Promise<string | undefined> | string | undefined {
    const { login } = this.#authentication;
    const { signal } = this.#asking;
    this.#rounds++;
    if (login.authorization !== undefined) return login.authorization;
    if (login.askToken !== undefined) return unlessAborted(login.askToken(this.#rounds, signal), signal);
    if (this.#renewed !== undefined) return this.#show(this.#renewed);
    const claimed = this.#authentication.claim(this);
    if (!(claimed instanceof Promise)) return this.#show(claimed);
    return unlessAborted(
      claimed.then((credentials) => this.#show(credentials)),
      signal,
    );
  }

  /** The server answered something else than a question for credentials. */
  accepted(): void {
    this.#authentication.settle(this, this.#shown);
  }

  /** Nothing more comes of this request. Harmless after `accepted`. */
  end(): void {
    this.#over = true;
    this.#authentication.settle(this, undefined);
  }

  #show(credentials: Credentials | undefined): string | undefined {
    // Its turn to find out what they are worth came after it was given up: it is the next one's.
    if (this.#over) this.#authentication.settle(this, undefined);
    this.#shown = credentials;
    return credentials?.answer(this.#asking.method, this.#asking.target);
  }

  /** The server asked for credentials, or refused those that it got. Rejects with `authentication-failed` where there is no other attempt. */
  async challenged(headers: HttpHeaders): Promise<void> {
    const { login } = this.#authentication;
    if (login.authorization !== undefined)
      throw authenticationFailure("the server refuses the authorization that was given");
    if (login.askToken !== undefined) {
      if (this.#rounds > 1) throw authenticationFailure("the server refuses the token");
      return;
    }
    if (this.#rounds >= maxRounds) throw authenticationFailure("the server asks for credentials again and again");
    this.#renewed = this.#authentication.renewed(headers, this.#shown);
    if (this.#renewed !== undefined) return;
    await unlessAborted(this.#authentication.take(headers, this.#shown), this.#asking.signal);
  }
}

/** What `work` resolves with, unless the request is given up before: others, or a person, may take their time. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(new TransportError("aborted", "the operation was aborted", { cause: signal.reason }));
    };
    const stopListening = whenAborted(signal, abort);
    work.then(resolve, reject).finally(stopListening);
    if (signal.aborted) abort();
  });
}
