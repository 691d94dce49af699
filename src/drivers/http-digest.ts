import { createHash, randomBytes } from "node:crypto";

import type { HttpChallenge } from "./http-challenge.ts";

/** Hashes by the names that servers give them, the best first (RFC 7616, 3.3). */
const hashes = [
  { name: "sha-512-256", hash: "sha512-256" },
  { name: "sha-256", hash: "sha256" },
  { name: "md5", hash: "md5" },
] as const;

export interface DigestUser {
  readonly user: string;
  readonly password: string;
}

/** How good a digest challenge is, the best being 0; undefined for one that cannot be answered. */
export function digestRank({ parameters }: HttpChallenge): number | undefined {
  const { hash } = algorithmOf(parameters);
  const rank = hashes.findIndex((known) => known === hash);
  const qop = parameters.get("qop");
  if (rank < 0 || !parameters.has("nonce") || (qop !== undefined && !offersAuth(qop))) return undefined;
  return rank;
}

/** Answers to one digest challenge: as many as the server takes for its nonce, each with a number of its own. */
export class DigestSession {
  readonly #user: DigestUser;
  readonly #parameters: ReadonlyMap<string, string>;
  readonly #clientNonce = randomBytes(16).toString("hex");
  #count = 0;

  constructor(user: DigestUser, { parameters }: HttpChallenge) {
    this.#user = user;
    this.#parameters = parameters;
  }

  /** The value of `Authorization` for one request. */
  answer(method: string, target: string): string {
    // What the server wrote is hashed as the bytes that it wrote, one to a character; what the caller did, as UTF-8.
    const [user, password] = [byteText(this.#user.user), byteText(this.#user.password)];
    const { name, hash, session } = algorithmOf(this.#parameters);
    const digest = (bytes: string): string =>
      createHash(hash?.hash ?? "md5")
        .update(bytes, "latin1")
        .digest("hex");
    const realm = this.#parameters.get("realm") ?? "";
    const nonce = this.#parameters.get("nonce") ?? "";
    const opaque = this.#parameters.get("opaque");
    const count = (++this.#count).toString(16).padStart(8, "0");
    const plain = digest(`${user}:${realm}:${password}`);
    const secret = session ? digest(`${plain}:${nonce}:${this.#clientNonce}`) : plain;
    const request = digest(`${method}:${target}`);
    const counted = this.#parameters.has("qop");
    const response = digest(
      counted ? `${secret}:${nonce}:${count}:${this.#clientNonce}:auth:${request}` : `${secret}:${nonce}:${request}`, // RFC 2069
    );
    const hashed = this.#parameters.get("userhash")?.toLowerCase() === "true";
    const fields = [
      hashed ? `username=${quoted(digest(`${user}:${realm}`))}` : userField(this.#user.user),
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `uri=${quoted(target)}`,
      `response=${quoted(response)}`,
    ];
    if (name !== undefined) fields.push(`algorithm=${name}`);
    if (opaque !== undefined) fields.push(`opaque=${quoted(opaque)}`);
    if (counted) fields.push("qop=auth", `nc=${count}`, `cnonce=${quoted(this.#clientNonce)}`);
    if (hashed) fields.push("userhash=true");
    return `Digest ${fields.join(", ")}`;
  }
}

interface Algorithm {
  /** As the server wrote it. */
  readonly name: string | undefined;
  readonly hash: (typeof hashes)[number] | undefined;
  /** Whether the secret is made anew for each session. */
  readonly session: boolean;
}

function algorithmOf(parameters: ReadonlyMap<string, string>): Algorithm {
  const name = parameters.get("algorithm");
  const lower = (name ?? "md5").toLowerCase();
  const session = lower.endsWith("-sess");
  const bare = session ? lower.slice(0, -"-sess".length) : lower;
  return { name, session, hash: hashes.find((known) => known.name === bare) };
}

function offersAuth(qop: string): boolean {
  return qop.split(",").some((one) => one.trim().toLowerCase() === "auth");
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** UTF-8, one character for each byte. */
function byteText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** A name that is not ASCII is said as RFC 8187 has it. */
function userField(user: string): string {
  return /^[ -~]*$/.test(user) ? `username=${quoted(user)}` : `username*=UTF-8''${encodeURIComponent(user)}`;
}
