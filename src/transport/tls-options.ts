import { TransportError } from "../errors/transport-error.ts";
import type { TransportOptions } from "./transport-options.ts";

/** A certificate or key: PEM, or DER as bytes. */
export type TlsMaterial = string | Uint8Array;

/** Options of TLS sessions. `null` means explicitly none; what is absent is taken from a candidate, then from Node's defaults. */
export interface TlsOptions {
  /** On `ftp:`, whether the connection must be secured; any other option given here says so, too. Elsewhere TLS is always required. */
  readonly required?: boolean | undefined;
  /** Certificates of the authorities to trust, instead of Node's own list. */
  readonly ca?: TlsMaterial | readonly TlsMaterial[] | null | undefined;
  /** Client certificate, with its chain. */
  readonly cert?: TlsMaterial | readonly TlsMaterial[] | null | undefined;
  /** The client certificate's private key. */
  readonly key?: TlsMaterial | null | undefined;
  /** For an encrypted private key. */
  readonly passphrase?: string | null | undefined;
  /** The name that the server's certificate must be for, and that it is asked for (SNI), instead of the URL's host. */
  readonly servername?: string | null | undefined;
  /** `false` accepts any certificate, from anybody. Default true. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** Default `TLSv1.2`. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  /** OpenSSL's names of ciphers, with colons between them. */
  readonly ciphers?: string | null | undefined;
  /** SHA-256 fingerprints of the only server certificates to accept, hexadecimal; who signed them does not matter then. */
  readonly fingerprints?: string | readonly string[] | null | undefined;
}

/** What a TLS session is made with: the options without those that are none. */
export interface TlsSettings {
  readonly ca?: (string | Buffer)[] | undefined;
  readonly cert?: (string | Buffer)[] | undefined;
  readonly key?: string | Buffer | undefined;
  readonly passphrase?: string | undefined;
  readonly servername?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  readonly ciphers?: string | undefined;
  readonly fingerprints?: readonly string[] | undefined;
}

/** The options of a call as the settings of its TLS sessions. */
export function tlsSettings({ tls }: TransportOptions): TlsSettings {
  if (typeof tls !== "object") return {};
  const { ca, cert, key, passphrase, servername, rejectUnauthorized, minVersion, ciphers, fingerprints } = tls;
  return {
    ca: materials(ca),
    cert: materials(cert),
    key: key === null || key === undefined ? undefined : material(key),
    passphrase: passphrase ?? undefined,
    servername: servername ?? undefined,
    rejectUnauthorized,
    minVersion,
    ciphers: ciphers ?? undefined,
    fingerprints: typeof fingerprints === "string" ? [fingerprints] : (fingerprints ?? undefined),
  };
}

function materials(given: TlsMaterial | readonly TlsMaterial[] | null | undefined): (string | Buffer)[] | undefined {
  if (given === null || given === undefined) return undefined;
  return typeof given === "string" || given instanceof Uint8Array ? [material(given)] : given.map(material);
}

function material(given: TlsMaterial): string | Buffer {
  return typeof given === "string" ? given : Buffer.from(given);
}

/** Whether a call says that its connection must be secured (true) or must not be (false); undefined where it says nothing. */
export function tlsWanted({ tls }: TransportOptions): boolean | undefined {
  if (tls === undefined) return undefined;
  if (tls === "required" || tls === "none") return tls === "required";
  if (typeof tls !== "object" || tls === null) throw notSaid();
  const { required, ...others } = tls;
  if (typeof required === "boolean") return required;
  if (required !== undefined) throw notSaid();
  return Object.values(others).some((value) => value !== undefined && value !== null) || undefined;
}

/** For who has no types to be told by: what says nothing would leave a connection in the clear that was meant to be secured. */
function notSaid(): TransportError {
  return new TransportError(
    "unsupported",
    "the option tls says neither that the connection must be secured nor that it must not be",
    {
      operation: "getTransport",
      hint: 'Say tls: "required", tls: "none", or tls: { required: true, … }',
    },
  );
}
