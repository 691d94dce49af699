import { isIP } from "node:net";
import type { Socket } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { connect } from "node:tls";

import { whenAborted } from "../connection/abort.ts";
import { TransportError } from "../errors/transport-error.ts";
import { oneLine } from "../url/printable.ts";

/** How a TLS session is made, and whom it trusts. */
export interface TlsTarget {
  /** As the caller knows it: what the certificate must be for, unless `servername` says otherwise. */
  readonly host: string;
  readonly ca?: TlsMaterial | undefined;
  readonly cert?: TlsMaterial | undefined;
  readonly key?: TlsMaterial | undefined;
  readonly passphrase?: string | undefined;
  readonly servername?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  readonly ciphers?: string | undefined;
  /** SHA-256 of the only certificates to accept, whoever signed them: hexadecimal, with or without colons. */
  readonly fingerprints?: readonly string[] | undefined;
}

/** PEM, or DER as bytes. */
type TlsMaterial = string | Buffer | (string | Buffer)[];

/** What `tls.connect` is given for a target, beside the socket. */
function tlsConnectOptions(target: TlsTarget): ConnectionOptions {
  const { host, ca, cert, key, passphrase, ciphers, minVersion = "TLSv1.2" } = target;
  // The name of SNI; an address is none.
  const servername = target.servername ?? (isIP(host) === 0 ? host : undefined);
  return {
    host,
    minVersion,
    rejectUnauthorized: target.fingerprints === undefined && target.rejectUnauthorized !== false,
    ...(servername === undefined ? {} : { servername }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

/**
 * A TLS session over a connected socket, with the certificate verified. Whatever fails, the socket is destroyed.
 *
 * @throws TransportError `tls-failed`, `connection-failed` where the other side hung up; or the signal's reason
 */
export function secureSocket(
  socket: Socket,
  target: TlsTarget,
  signal: AbortSignal,
  more: Pick<ConnectionOptions, "session" | "ALPNProtocols"> = {},
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    let secured: TLSSocket;
    const fail = (error: unknown): void => {
      stopListening();
      secured?.destroy();
      socket.destroy();
      reject(error instanceof TransportError ? error : tlsError(error as NodeJS.ErrnoException, target));
    };
    const stopListening = whenAborted(signal, () => fail(signal.reason));
    if (signal.aborted) return fail(signal.reason);
    if (socket.destroyed) return fail(hungUp());
    try {
      secured = connect({ ...tlsConnectOptions(target), ...more, socket });
    } catch (error) {
      return fail(error); // A key that is none, a cipher that does not exist.
    }
    secured.once("error", fail);
    secured.once("secureConnect", () => {
      const refusal = pinRefusal(secured, target);
      if (refusal !== undefined) return fail(refusal);
      stopListening();
      secured.off("error", fail);
      // It may break before anybody else listens; then it is found destroyed.
      secured.on("error", () => secured.destroy());
      resolve(secured);
    });
  });
}

/** Why a certificate is not one of those that were pinned; undefined where it is, or none are. */
function pinRefusal(socket: TLSSocket, { fingerprints }: TlsTarget): TransportError | undefined {
  // A session is resumed with whoever it was made with, without showing the certificate again.
  if (fingerprints === undefined || socket.isSessionReused()) return undefined;
  const presented = socket.getPeerX509Certificate()?.fingerprint256 ?? "none";
  const bare = (fingerprint: string): string => fingerprint.replaceAll(":", "").toLowerCase();
  if (fingerprints.some((fingerprint) => bare(fingerprint) === bare(presented))) return undefined;
  return new TransportError("tls-failed", `the server's certificate is another one than expected: ${presented}`, {
    hint: "Find out why it changed before you pin the new one with tls: { fingerprints }",
  });
}

const untrusted = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_UNTRUSTED",
]);

/** What OpenSSL makes of bytes that are no TLS, or were damaged. */
const noTls = new Set([
  "ERR_SSL_BAD_RECORD_TYPE",
  "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
  "ERR_SSL_LENGTH_MISMATCH",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_UNEXPECTED_MESSAGE",
  "ERR_SSL_WRONG_VERSION_NUMBER",
]);

const hangUps = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);

/** Why a TLS session could not be made, or ended. */
export function tlsError(error: NodeJS.ErrnoException, { host }: Partial<TlsTarget> = {}): TransportError {
  const code = error.code ?? "";
  const details = { cause: error };
  if (hangUps.has(code)) return hungUp(error);
  if (untrusted.has(code)) {
    return new TransportError("tls-failed", `nobody that is trusted vouches for the server's certificate (${code})`, {
      ...details,
      hint: "Pass the certificate of the authority that signed it as tls: { ca }, or the server's own fingerprint as tls: { fingerprints }",
    });
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return new TransportError("tls-failed", `the server's certificate is for another name than ${host ?? "expected"}`, {
      ...details,
      hint: "Use the name that it is for in the URL, or say it with tls: { servername }",
    });
  }
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    const when = code === "CERT_HAS_EXPIRED" ? "has expired" : "is not valid yet";
    return new TransportError("tls-failed", `the server's certificate ${when}`, {
      ...details,
      hint: "The server needs a new one; check this machine's clock, too",
    });
  }
  if (/CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE/.test(code)) {
    return new TransportError("tls-failed", `the server refuses this client's TLS (${code})`, {
      ...details,
      hint: "It may want a client certificate: tls: { cert, key }",
    });
  }
  if (noTls.has(code)) {
    return new TransportError("tls-failed", "what answers does not speak TLS", {
      ...details,
      // Nothing was refused: it may have been damaged on its way.
      temporary: true,
      hint: "Check the port and the scheme",
    });
  }
  return new TransportError("tls-failed", `no TLS session could be made: ${oneLine(error.message)}`, details);
}

function hungUp(cause?: Error): TransportError {
  return new TransportError("connection-failed", "the server hung up during the TLS handshake", {
    temporary: true,
    cause,
  });
}
