/** Gives the token for one request. `attempt` counts from 1: from 2 on the one before was refused. */
export interface AskBearerToken {
  /** Resolves with the token itself, without `Bearer`. */
  (
    request: { readonly url: string; readonly attempt: number },
    options: { readonly signal: AbortSignal },
  ): Promise<string> | string;
  /** Whose tokens they are: what is asked of callbacks with different ones travels on connections of its own. */
  readonly id?: string;
}

/** Options of HTTP wires. `null` means explicitly none; what is absent is taken from a candidate. */
export interface HttpOptions {
  /** Identity. The whole value of `Authorization`, sent with every request. */
  readonly authorization?: string | null | undefined;
  /** Identity. A token (RFC 6750), sent with every request. */
  readonly bearerToken?: string | null | undefined;
  /** Policy. Asked for a token before every request, so that it may change. Whose tokens they are is the connection's: of callbacks with one `id`, or with none, the first caller's is asked. */
  readonly askBearerToken?: AskBearerToken | null | undefined;
  /** Identity. Sent with every request to this origin, and to no other. */
  readonly headers?: Readonly<Record<string, string>> | null | undefined;
  /** Whether HTTP/2 is offered to servers over TLS. Default true. */
  readonly http2?: boolean | undefined;
}
