import type { Deferred } from "../connection/deferred.ts";
import { deferred } from "../connection/deferred.ts";
import type { HttpChallenge } from "./http-challenge.ts";
import type { Credentials } from "./http-credentials.ts";
import { authenticationFailure, bestChallenge, credentialsFor } from "./http-credentials.ts";
import type { DigestUser } from "./http-digest.ts";
import type { HttpHeaders } from "./http-message.ts";

/** What there is to prove who asks. At most one of the first three. */
export interface HttpLogin {
  /** The whole value of `Authorization`, sent with every request. */
  readonly authorization?: string | undefined;
  /** Asked for such a value before every request; from 2 on the one before was refused. */
  readonly askToken?: ((attempt: number, signal: AbortSignal | undefined) => Promise<string>) | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Asked where a server wants a user and a password and they are not known; from 2 on those before were refused. */
  readonly askUser?: ((realm: string, attempt: number) => Promise<DigestUser | undefined>) | undefined;
}

/** How often a person is asked for one realm: as often as ssh does. */
const maxAttempts = 3;
/**
 * Who asks, on one shared connection. A password is sent only after a server asked for one, in the safest way that it offers, and then
 * with every request, until it is refused: after that it is not sent to that realm again, until `forgive`. The first time one request goes ahead
 * alone: a wrong password is tried once, however many wait.
 */
export class HttpAuthentication {
  readonly #login: HttpLogin;
  readonly #refused = new Set<string>();
  #current: Credentials | undefined;
  #answered: DigestUser | undefined;
  #answering: Promise<void> | undefined;
  readonly #asked = new Map<string, number>();
  #prover: { readonly by: object; readonly done: Deferred<void> } | undefined;

  constructor(login: HttpLogin) {
    this.#login = login;
  }

  /** What was refused may be tried again. */
  forgive(): void {
    this.#refused.clear();
  }

  get login(): HttpLogin {
    return this.#login;
  }

  /** What is sent with a request; later, where another request is about to find out what it is worth. */
  claim(by: object): Credentials | undefined | Promise<Credentials | undefined> {
    if (this.#prover !== undefined && this.#prover.by !== by)
      return this.#prover.done.promise.then(() => this.claim(by));
    if (this.#current?.proven === false) this.#prover ??= { by, done: deferred() };
    return this.#current;
  }

  /** A request has found out what its credentials are worth, or has come to nothing. */
  settle(by: object, proven: Credentials | undefined): void {
    if (proven !== undefined) {
      proven.proven = true;
      // What others have found out meanwhile is as good.
      if (proven.renewed !== undefined && proven.renewed === this.#current) this.#current = proven;
    }
    if (this.#prover?.by !== by) return;
    this.#prover.done.resolve();
    this.#prover = undefined;
  }

  /**
   * What answers a challenge that only calls what was sent before stale; undefined for any other. It is for one request alone until the server has taken
   * it: there are servers that take each nonce a few times, or once.
   */
  renewed(headers: HttpHeaders, stale: Credentials | undefined): Credentials | undefined {
    if (stale?.proven !== true) return undefined;
    const challenge = bestChallenge(headers);
    if (!isStale(challenge)) return undefined;
    const renewed = stale === this.#current ? stale : (stale.renewed ?? stale);
    return { ...credentialsFor(challenge, stale.realm, stale.from, true), renewed };
  }

  /** Takes up a challenge, so that `claim` answers it. `refused` is what was sent before. One at a time: who comes meanwhile profits. */
  async take(headers: HttpHeaders, refused: Credentials | undefined): Promise<void> {
    if (this.#answering !== undefined) return await this.#answering;
    // Somebody else was asked and has answered meanwhile.
    if (this.#current !== refused && this.#current !== refused?.renewed) return;
    this.#answering = this.#take(headers, refused).finally(() => (this.#answering = undefined));
    await this.#answering;
  }

  async #take(headers: HttpHeaders, refused: Credentials | undefined): Promise<void> {
    const challenge = bestChallenge(headers);
    const realm = challenge.parameters.get("realm") ?? "";
    const stale = isStale(challenge);
    if (refused !== undefined && refused.realm === realm && !stale) this.#refuse(realm);
    const from = stale && refused !== undefined ? refused.from : await this.#userFor(realm);
    this.#current = credentialsFor(challenge, realm, from, stale && refused?.proven === true);
  }

  #refuse(realm: string): void {
    this.#current = undefined;
    this.#answered = undefined;
    this.#refused.add(realm);
  }

  async #userFor(realm: string): Promise<DigestUser> {
    const { user, password, askUser } = this.#login;
    if (this.#answered !== undefined) return this.#answered;
    if (user !== undefined && password !== undefined) {
      if (!this.#refused.has(realm)) return { user, password };
      throw authenticationFailure("the server refuses the user and the password");
    }
    // What the server calls the place is not quoted: it may say back what it was told.
    const wanted = user === undefined ? "a user and a password" : `a password for ${user}`;
    if (askUser === undefined) throw authenticationFailure(`the server asks for ${wanted}, and there is none`);
    const attempt = this.#attempts(realm);
    // Whoever asks holds nothing meanwhile, and whoever else waits is answered by the same answer: no single caller can take the question back.
    const answer = attempt > maxAttempts ? undefined : await askUser(realm, attempt);
    if (answer !== undefined) return (this.#answered = answer);
    // Who had no answer is not asked by each of ten thousand operations.
    this.#refused.add(realm);
    this.#asked.set(realm, maxAttempts);
    throw authenticationFailure(`the server asks for ${wanted}, and nobody gave any that it takes`);
  }

  #attempts(realm: string): number {
    const attempt = (this.#refused.has(realm) ? (this.#asked.get(realm) ?? 0) : 0) + 1;
    this.#asked.set(realm, attempt);
    return attempt;
  }
}

function isStale({ parameters }: HttpChallenge): boolean {
  return parameters.get("stale")?.toLowerCase() === "true";
}
