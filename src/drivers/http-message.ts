import type { TransportError } from "../errors/transport-error.ts";

/**
 * What is sent with a request. Bytes can be sent twice. What is asked for them gives them once, piece by piece, as fast as the server takes them: where
 * no `content-length` is among the headers, HTTP/1.1 sends it in chunks.
 */
export type HttpBody = Uint8Array | AsyncIterable<Uint8Array>;

/** What is sent: nothing in it is changed on the way. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpBody | undefined;
  /** Sent before those before it are answered, on a wire that can. Default false. */
  readonly pipelined?: boolean;
}

/** The header fields of an answer. Those of one name are joined by commas, as RFC 9110 has it. */
export class HttpHeaders {
  readonly #fields: Readonly<Record<string, string | string[] | undefined>>;

  /** Fields by lower-case name. */
  constructor(fields: Readonly<Record<string, string | string[] | undefined>>) {
    this.#fields = fields;
  }

  /** The value of a field, by its lower-case name. */
  get(name: string): string | undefined {
    const value = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
    return Array.isArray(value) ? value.join(", ") : value;
  }

  /** Every field by its lower-case name. */
  all(): Record<string, string> {
    const names = Object.keys(this.#fields);
    return Object.fromEntries(names.map((name) => [name, this.get(name) ?? ""]));
  }

  /** The value of a field that is a whole number, such as `content-length`. */
  count(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined || !/^[0-9]{1,16}$/.test(value)) return undefined;
    const count = Number(value);
    return Number.isSafeInteger(count) ? count : undefined;
  }

  /** The value of a field that is a date, such as `last-modified`, in any of the three forms of RFC 9110, 5.6.7; all are in UTC. */
  date(name: string): Date | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : parseHttpDate(value);
  }
}

/** A date as HTTP writes it: in UTC, in any of three forms. */
export function parseHttpDate(text: string): Date | undefined {
  // A bare number would be a year, and what names no zone the reader's own.
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return undefined;
  const date = new Date(/(?:GMT|UTC|[+-]\d{4})$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Takes an answer as it comes: its head, its body in pieces, its end; or what came in between. */
export interface AnswerReceiver {
  head(status: number, headers: HttpHeaders): void;
  /** Takes the next bytes, which are the receiver's own. False: no more until `resume`. */
  data(chunk: Buffer): boolean;
  end(): void;
  fail(error: TransportError): void;
}

/** A request that is under way. */
export interface Exchange {
  /** More of the body is wanted. */
  resume(): void;
  /** Gives it up: the receiver is told `reason`, at once, and nothing after that. */
  abort(reason: TransportError): void;
}
