import type { Effect, ErrorCode } from "./error-code.ts";

/** What is known of a failure beside its code and its reason. */
export interface TransportErrorDetails {
  /** The verb or phase that failed: `"stat"`, `"connect"`. */
  readonly operation?: string | undefined;
  /** Where, without a password. */
  readonly url?: string | undefined;
  /** The path as the caller gave it. */
  readonly path?: string | undefined;
  /** True when the same call may succeed later without anything being changed. */
  readonly temporary?: boolean | undefined;
  /** What is known of the effect; `"none"` unless said otherwise. */
  readonly effect?: Effect | undefined;
  /** The way out, as a sentence to the user. */
  readonly hint?: string | undefined;
  /** The driver's own error. */
  readonly cause?: unknown;
}

/** The one error class of this library. `code` says what went wrong; the message says it in words, with the way out. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  /** What went wrong: the one thing to switch on. */
  readonly code: ErrorCode;
  /** The verb or phase that failed: `"stat"`, `"connect"`. */
  readonly operation: string | undefined;
  /** Where, without a password. */
  readonly url: string | undefined;
  /** The path as the caller gave it. */
  readonly path: string | undefined;
  /** Whether the same call may succeed later without anything being changed. */
  readonly temporary: boolean;
  /** What is known of the effect on the server. */
  readonly effect: Effect;
  /** The way out, as a sentence to the user; it is part of the message. */
  readonly hint: string | undefined;
  /** The message before place and hint were added; what `with` builds on. */
  readonly reason: string;

  /** `reason` says what happened, in words; place and hint are added to the message from `details`. */
  constructor(code: ErrorCode, reason: string, details: TransportErrorDetails = {}) {
    super(compose(code, reason, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.reason = reason;
    this.operation = details.operation;
    this.url = details.url;
    this.path = details.path;
    this.temporary = details.temporary ?? false;
    this.effect = details.effect ?? "none";
    this.hint = details.hint;
  }

  /** The same failure with more known about it. What is already known stays, but for `effect` and `temporary`. */
  with(details: TransportErrorDetails): TransportError {
    return new TransportError(this.code, this.reason, {
      operation: this.operation ?? details.operation,
      url: this.url ?? details.url,
      path: this.path ?? details.path,
      temporary: details.temporary ?? this.temporary,
      effect: details.effect ?? this.effect,
      hint: this.hint ?? details.hint,
      cause: this.cause ?? details.cause,
    });
  }

  toJSON(): Record<string, unknown> {
    const { code, operation, url, path, temporary, effect, message } = this;
    return { name: this.name, code, operation, url, path, temporary, effect, message };
  }
}

/** True for a `TransportError`, and, when codes are given, for one of these codes only. */
export function isTransportError(error: unknown, ...codes: ErrorCode[]): error is TransportError {
  return error instanceof TransportError && (codes.length === 0 || codes.includes(error.code));
}

/** Any thrown value as a `TransportError`; one that is already stays the same object. */
export function toTransportError(error: unknown, details: TransportErrorDetails = {}): TransportError {
  if (error instanceof TransportError) return error;
  return new TransportError("unexpected", wordsOf(error), { ...details, cause: error });
}

/** What a thrown value says of itself. It may be anything: an error whose message is none, or something that no text can be made of. */
function wordsOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return "what was thrown says nothing of itself";
  }
}

function compose(code: ErrorCode, reason: string, { operation, url, path, hint }: TransportErrorDetails): string {
  const what = operation === undefined ? reason : `${operation}: ${reason}`;
  const where = place(url, path);
  return `[${code}] ${what}${where}${hint === undefined ? "" : `. ${hint}`}`;
}

function place(url: string | undefined, path: string | undefined): string {
  if (url !== undefined) return ` (${url})`;
  return path === undefined ? "" : ` (${JSON.stringify(path)})`;
}
