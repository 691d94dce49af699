import type { Deferred } from "../connection/deferred.ts";
import { deferred } from "../connection/deferred.ts";
import { TransportError } from "../errors/transport-error.ts";
import type { HttpChallenge } from "./http-challenge.ts";
import { parseChallenges } from "./http-challenge.ts";
import type { DigestUser } from "./http-digest.ts";
import { DigestSession, digestRank } from "./http-digest.ts";
import type { HttpHeaders } from "./http-message.ts";
import { shown } from "./socket-errors.ts";

/** What there is to prove who asks. At most one of the first three. */
export interface HttpLogin {
  /** The whole value of `Authorization`, sent with every request. */
  readonly authorization?: string | undefined;
  /** Asked for such a value before every request; from 2 on the one before was refused. */
  readonly askToken?: ((attempt: number, signal: AbortSignal | undefined) => Promise<string>) | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Asked where a server wants a user and a password and they are not known; from 2 on those before were refused. */
  readonly askUser?:
    | ((realm: string, attempt: number, signal: AbortSignal | undefined) => Promise<DigestUser | undefined>)
    | undefined;
}

/** A request that is to be authorised. */
interface Asking {
  readonly method: string;
  readonly target: string;
  readonly signal: AbortSignal | undefined;
}

/** What is sent after a challenge, for as long as the server takes it. */
interface Credentials {
  readonly realm: string;
  readonly from: DigestUser;
  readonly answer: (method: string, target: string) => string;
  /** Whether the server has taken them once. */
  proven: boolean;
}

/** How often a person is asked for one realm: as often as ssh does. */
const maxAttempts = 3;
/** A server that asks more often for one request will never be content. */
const maxRounds = 6;

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
  #prover: { readonly by: HttpDialogue; readonly done: Deferred<void> } | undefined;

  constructor(login: HttpLogin) {
    this.#login = login;
  }

  /** One request, and what the server says to it. */
  begin(asking: Asking): HttpDialogue {
    return new HttpDialogue(this, asking);
  }

  /** What was refused may be tried again. */
  forgive(): void {
    this.#refused.clear();
  }

  get login(): HttpLogin {
    return this.#login;
  }

  /** What is sent with a request; later, where another request is about to find out what it is worth. */
  claim(by: HttpDialogue): Credentials | undefined | Promise<Credentials | undefined> {
    if (this.#prover !== undefined && this.#prover.by !== by)
      return this.#prover.done.promise.then(() => this.claim(by));
    if (this.#current?.proven === false) this.#prover ??= { by, done: deferred() };
    return this.#current;
  }

  /** A request has found out what its credentials are worth, or has come to nothing. */
  settle(by: HttpDialogue, proven: Credentials | undefined): void {
    if (proven !== undefined) proven.proven = true;
    if (this.#prover?.by !== by) return;
    this.#prover.done.resolve();
    this.#prover = undefined;
  }

  /** Takes up a challenge, so that `current` answers it. `shown` is what the server has just refused. One at a time: who comes meanwhile profits. */
  async take(headers: HttpHeaders, shown_: Credentials | undefined, signal: AbortSignal | undefined): Promise<void> {
    if (this.#answering !== undefined) return await this.#answering;
    // Somebody else was asked and has answered meanwhile.
    if (this.#current !== shown_) return;
    const answering = this.#take(headers, shown_, signal);
    this.#answering = answering;
    try {
      await answering;
    } finally {
      this.#answering = undefined;
    }
  }

  async #take(headers: HttpHeaders, refused: Credentials | undefined, signal: AbortSignal | undefined): Promise<void> {
    const challenge = bestChallenge(headers);
    const realm = challenge.parameters.get("realm") ?? "";
    const stale = challenge.parameters.get("stale")?.toLowerCase() === "true";
    if (refused !== undefined && refused.realm === realm && !stale) this.#refuse(realm);
    const from = stale && refused !== undefined ? refused.from : await this.#userFor(realm, signal);
    this.#current = credentialsFor(challenge, realm, from, stale && refused?.proven === true);
  }

  #refuse(realm: string): void {
    this.#current = undefined;
    this.#answered = undefined;
    this.#refused.add(realm);
  }

  async #userFor(realm: string, signal: AbortSignal | undefined): Promise<DigestUser> {
    const { user, password, askUser } = this.#login;
    if (this.#answered !== undefined) return this.#answered;
    const refused = this.#refused.has(realm);
    if (user !== undefined && password !== undefined) {
      if (refused) throw failure(`the server refuses the user and the password for ${place(realm)}`);
      return { user, password };
    }
    if (askUser === undefined) {
      const missing = user === undefined ? "a user and a password" : `a password for ${user}`;
      throw failure(`the server asks for ${missing} for ${place(realm)}, and there is none`);
    }
    const attempt = this.#attempts(realm);
    const answer = attempt > maxAttempts ? undefined : await askUser(realm, attempt, signal);
    if (answer !== undefined) return (this.#answered = answer);
    throw failure(
      refused
        ? `the server refuses what was answered for ${place(realm)}`
        : `the server asks for a user and a password for ${place(realm)}, and nobody gave one`,
    );
  }

  #attempts(realm: string): number {
    const attempt = (this.#refused.has(realm) ? (this.#asked.get(realm) ?? 0) : 0) + 1;
    this.#asked.set(realm, attempt);
    return attempt;
  }
}

/** One request's way through what the server asks for. */
export class HttpDialogue {
  readonly #authentication: HttpAuthentication;
  readonly #asking: Asking;
  #shown: Credentials | undefined;
  #rounds = 0;

  constructor(authentication: HttpAuthentication, asking: Asking) {
    this.#authentication = authentication;
    this.#asking = asking;
  }

  /** The value of `Authorization` for the next attempt; undefined where nothing is to be sent. */
  authorization(): Promise<string | undefined> | string | undefined {
    const { login } = this.#authentication;
    this.#rounds++;
    if (login.authorization !== undefined) return login.authorization;
    if (login.askToken !== undefined) return login.askToken(this.#rounds, this.#asking.signal);
    const claimed = this.#authentication.claim(this);
    return claimed instanceof Promise ? claimed.then((credentials) => this.#show(credentials)) : this.#show(claimed);
  }

  /** The server answered something else than a question for credentials. */
  accepted(): void {
    this.#authentication.settle(this, this.#shown);
  }

  /** Nothing more comes of this request. Harmless after `accepted`. */
  end(): void {
    this.#authentication.settle(this, undefined);
  }

  #show(credentials: Credentials | undefined): string | undefined {
    this.#shown = credentials;
    return credentials?.answer(this.#asking.method, this.#asking.target);
  }

  /** The server asked for credentials, or refused those that it got. Rejects with `authentication-failed` where there is no other attempt. */
  async challenged(headers: HttpHeaders): Promise<void> {
    const { login } = this.#authentication;
    if (login.authorization !== undefined) throw failure("the server refuses the authorization that was given");
    if (login.askToken !== undefined) {
      if (this.#rounds > 1) throw failure("the server refuses the token");
      return;
    }
    if (this.#rounds >= maxRounds) throw failure("the server asks for credentials again and again");
    await this.#authentication.take(headers, this.#shown, this.#asking.signal);
  }
}

/** The safest challenge that can be answered. */
function bestChallenge(headers: HttpHeaders): HttpChallenge {
  const challenges = parseChallenges(headers.get("www-authenticate"));
  const ranked = challenges
    .map((challenge) => ({ challenge, rank: rankOf(challenge) }))
    .filter((one): one is { challenge: HttpChallenge; rank: number } => one.rank !== undefined)
    .toSorted((one, other) => one.rank - other.rank);
  const [best] = ranked;
  if (best !== undefined) return best.challenge;
  const offered = [...new Set(challenges.map(({ scheme }) => scheme))].join(", ");
  throw failure(
    offered === ""
      ? "the server refuses without saying what it wants"
      : `the server wants an authentication that is not supported: ${shown(offered)}`,
    offered === "bearer" ? "Give a token with http: { bearerToken }, or a callback with http: { askToken }" : undefined,
  );
}

/** Basic shows the password to whoever listens, or is mistaken for the server: it comes last. */
function rankOf(challenge: HttpChallenge): number | undefined {
  if (challenge.scheme === "digest") return digestRank(challenge);
  return challenge.scheme === "basic" ? 10 : undefined;
}

function credentialsFor(challenge: HttpChallenge, realm: string, from: DigestUser, proven: boolean): Credentials {
  if (challenge.scheme === "digest") {
    const session = new DigestSession(from, challenge);
    return { realm, from, proven, answer: (method, target) => session.answer(method, target) };
  }
  if (from.user.includes(":")) throw failure("a user with a colon cannot be said in Basic authentication");
  const value = `Basic ${Buffer.from(`${from.user}:${from.password}`, "utf8").toString("base64")}`;
  return { realm, from, proven, answer: () => value };
}

function place(realm: string): string {
  return realm === "" ? "this place" : JSON.stringify(shown(realm));
}

function failure(reason: string, hint = "Check the user and the password, or give others"): TransportError {
  return new TransportError("authentication-failed", reason, { hint });
}
