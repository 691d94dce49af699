export type LocationErrorCode = "invalid-url" | "invalid-path" | "outside-base" | "unsupported-scheme";

export interface LocationErrorDetails {
  /** The way out, as a sentence. */
  readonly hint?: string | undefined;
  /** The location, without anything that may be a password. */
  readonly url?: string | undefined;
}

/** A location or path that is refused. The floors above give it to users as a `TransportError` with the same code. */
export class LocationError extends Error {
  override readonly name = "LocationError";
  readonly code: LocationErrorCode;
  readonly hint: string | undefined;
  readonly url: string | undefined;

  constructor(code: LocationErrorCode, message: string, { hint, url }: LocationErrorDetails = {}) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.url = url;
  }
}
