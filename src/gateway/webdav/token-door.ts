import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

import { TransportError } from "../../errors/transport-error.ts";
import { Refusal } from "../refusal.ts";

/** As many random bytes as nobody guesses. */
const tokenBytes = 24;
const shape = /^[\x21-\x7e]{16,4096}$/;

/** A token that nobody guesses, of letters, digits, `-` and `_`. */
export function newGatewayToken(): string {
  return randomBytes(tokenBytes).toString("base64url");
}

/** What is asked of whoever wants to change something. */
export class TokenDoor {
  /** Of the token only what it takes to recognise it is kept, so that no dump of this object shows it. */
  readonly #digest: Buffer;

  /** @throws TransportError `unsupported` for a token that is too short, or that no header can hold */
  constructor(token: string) {
    if (!shape.test(token))
      throw new TransportError(
        "unsupported",
        "the token must have 16 characters at least, printable ASCII, no spaces",
        {
          hint: "Leave it out, and one is made up",
        },
      );
    this.#digest = digestOf(token);
  }

  /**
   * Lets a request in that shows the token: `Bearer <token>`, or Basic with any user and the token as its password.
   *
   * @throws Refusal 401
   */
  enter(authorization: string | undefined): void {
    const [scheme, value] = splitOnce(authorization ?? "", " ");
    // Digests have one length, and are compared in a time that does not depend on where they differ.
    if (timingSafeEqual(digestOf(shownIn(scheme.toLowerCase(), value.trim())), this.#digest)) return;
    const words = "this needs the gateway's token: as a bearer token, or as the password of any user";
    throw new Refusal(401, words, {
      "www-authenticate": 'Basic realm="samewire", charset="UTF-8", Bearer realm="samewire"',
    });
  }
}

/** What a client shows; nothing that is a token where it shows none. */
function shownIn(scheme: string, value: string): string {
  if (scheme === "bearer") return value;
  if (scheme !== "basic") return "";
  return splitOnce(Buffer.from(value, "base64").toString("utf8"), ":")[1];
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
