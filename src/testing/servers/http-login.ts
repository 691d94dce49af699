import { createHash, randomBytes } from "node:crypto";

/** Who is let in, and how they prove who they are. */
export type HttpLoginOptions =
  | { readonly scheme: "basic"; readonly realm?: string; readonly users: HttpUsers }
  | {
      readonly scheme: "digest";
      readonly realm?: string;
      readonly users: HttpUsers;
      /** Default SHA-256. */
      readonly algorithm?: "MD5" | "SHA-256" | "SHA-256-sess";
      /** How often a nonce is taken before it is stale. Default: always. */
      readonly usesPerNonce?: number;
    }
  | { readonly scheme: "bearer"; readonly realm?: string; readonly tokens: readonly string[] };

/** Passwords by user. */
export type HttpUsers = Readonly<Record<string, string>>;

interface Refusal {
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string;
}

/** What is asked of who wants to be let in. */
export class HttpDoor {
  readonly #login: HttpLoginOptions;
  readonly #realm: string;
  readonly #nonces = new Map<string, { uses: number; counts: Set<string> }>();

  constructor(login: HttpLoginOptions) {
    this.#login = login;
    this.#realm = login.realm ?? "samewire";
  }

  /** Undefined where the request is let in. */
  refusal(method: string, target: string, authorization: string | undefined): Refusal | undefined {
    const login = this.#login;
    const [scheme, value] = splitOnce(authorization ?? "", " ");
    const isOurs = scheme.toLowerCase() === login.scheme;
    switch (login.scheme) {
      case "basic": {
        const [user, password] = splitOnce(Buffer.from(value, "base64").toString("utf8"), ":");
        return isOurs && has(login.users, user, password) ? undefined : { challenge: `Basic realm="${this.#realm}"` };
      }
      case "bearer":
        return isOurs && login.tokens.includes(value) ? undefined : { challenge: `Bearer realm="${this.#realm}"` };
      case "digest":
        return this.#digest(login, method, target, isOurs ? value : undefined);
    }
  }

  #digest(
    login: Extract<HttpLoginOptions, { scheme: "digest" }>,
    method: string,
    target: string,
    value: string | undefined,
  ): Refusal | undefined {
    const { algorithm = "SHA-256", usesPerNonce = Infinity, users } = login;
    const fields = fieldsOf(value ?? "");
    const nonce = fields.get("nonce") ?? "";
    const known = this.#nonces.get(nonce);
    const user = fields.get("username") ?? "";
    const password = Object.hasOwn(users, user) ? users[user] : undefined;
    const hash = (text: string): string =>
      createHash(algorithm === "MD5" ? "md5" : "sha256")
        .update(text)
        .digest("hex");
    const count = fields.get("nc") ?? "";
    const client = fields.get("cnonce") ?? "";
    const plain = hash(`${user}:${this.#realm}:${password}`);
    const secret = algorithm.endsWith("-sess") ? hash(`${plain}:${nonce}:${client}`) : plain;
    const expected = hash(`${secret}:${nonce}:${count}:${client}:auth:${hash(`${method}:${target}`)}`);
    const right = password !== undefined && fields.get("response") === expected && fields.get("uri") === target;
    const fresh = known !== undefined && known.uses < usesPerNonce && !known.counts.has(count);
    if (right && fresh) {
      known.uses++;
      known.counts.add(count);
      return undefined;
    }
    const next = randomBytes(12).toString("hex");
    this.#nonces.set(next, { uses: 0, counts: new Set() });
    const stale = right ? ", stale=true" : "";
    return {
      challenge: `Digest realm="${this.#realm}", qop="auth", algorithm=${algorithm}, nonce="${next}", opaque="x"${stale}`,
    };
  }
}

function has(users: HttpUsers, user: string, password: string): boolean {
  return Object.hasOwn(users, user) && users[user] === password;
}

/** `a="b", c=d`, as clients write it. */
function fieldsOf(value: string): ReadonlyMap<string, string> {
  const found = value.matchAll(/([a-z]+)=(?:"([^"]*)"|([^\s,"]+))/gi);
  return new Map(Array.from(found, ([, name = "", quoted, bare]) => [name.toLowerCase(), quoted ?? bare ?? ""]));
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
