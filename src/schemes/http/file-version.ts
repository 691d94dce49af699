import type { HttpHeaders } from "../../drivers/http-message.ts";
import { TransportError } from "../../errors/transport-error.ts";

/** Which content of a file an answer is about: the parts of two contents must never be mixed. */
export class FileVersion {
  readonly #etag: string | undefined;
  readonly #modified: string | undefined;
  readonly #total: number | undefined;

  constructor(headers: HttpHeaders, total: number | undefined) {
    this.#etag = headers.get("etag");
    this.#modified = headers.get("last-modified");
    this.#total = total;
  }

  /** What to send as `If-Range`, so that a server has no part of another version to send. A weak tag is none that it would take (RFC 9110, 13.1.5). */
  get ifRange(): string | undefined {
    return this.#etag?.startsWith('"') === true ? this.#etag : undefined;
  }

  /**
   * Checks that another answer is about the same content: a strong tag is proof; otherwise everything that both answers say must agree.
   *
   * @throws TransportError `unexpected`, temporary
   */
  requireSame(headers: HttpHeaders, total: number | undefined): void {
    const other = new FileVersion(headers, total);
    const proven = this.ifRange !== undefined && this.ifRange === other.ifRange;
    const same =
      agree(this.#total, other.#total) &&
      (proven || (agree(opaque(this.#etag), opaque(other.#etag)) && agree(this.#modified, other.#modified)));
    if (!same) throw changed();
  }
}

/** What an answer does not say, such as the date in one that refuses a range, contradicts nothing. */
function agree<T>(one: T | undefined, other: T | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

/** A tag without its weakness, which may pass: Apache's tag of a file is weak for as long as that may change within the second (RFC 9110, 8.8.3.2). */
function opaque(etag: string | undefined): string | undefined {
  return etag?.replace(/^W\//, "");
}

function changed(): TransportError {
  return new TransportError("unexpected", "the file changed while it was being read", {
    temporary: true,
    hint: "Read it again",
  });
}
