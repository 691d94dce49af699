import { TransportError } from "../errors/transport-error.ts";
import { oneLine } from "../url/printable.ts";
import { errnoReasons } from "./socket-errors.ts";
import { tlsError } from "./tls-socket.ts";

/** An error of undici, Node's sockets, or the parser of HTTP/1.1: they are told apart by their codes. That of an `AbortError` is a number. */
type VendorError = Error & { readonly code?: unknown };

/** What undici says of a connection that it closed itself, or that ended where it may: nothing was lost. */
const orderly = new Set(["UND_ERR_INFO", "UND_ERR_CLOSED"]);
/** The other side hung up. While nothing was asked that is its good right. */
const hungUp = new Set(["UND_ERR_SOCKET"]);

/** Whether a connection on which nothing was asked ended in good order. */
export function endedInOrder(error: VendorError): boolean {
  const code = codeOf(error);
  return orderly.has(code) || hungUp.has(code);
}

/** Why a connection, or a request on it, came to nothing. `hasEnded`: the server had closed it by then. */
export function httpError(error: unknown, hasEnded: boolean = true): TransportError {
  if (error instanceof TransportError) return error;
  const { message, name } = error as VendorError;
  const code = codeOf(error as VendorError);
  if (code.startsWith("HPE_") || name === "HTTPParserError") return noHttp(message, error);
  // TLS 1.3 is up before the server has looked at the client's certificate.
  if (code.startsWith("ERR_SSL_")) return tlsError(error as NodeJS.ErrnoException, { host: "the server" });
  if (code === "UND_ERR_HEADERS_OVERFLOW")
    return new TransportError("protocol-error", "the head of the server's answer is too long", { cause: error });
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED")
    return new TransportError("invalid-path", `no request can say that: ${oneLine(message)}`, { cause: error });
  if (code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH") {
    // So undici calls whatever is wrong in a head behind its length, too.
    if (!hasEnded) return noHttp("an answer contradicts itself about its length", error);
    return lost("the connection ended in the middle of the answer", error);
  }
  return lost(errnoReasons[code] ?? "the server closed the connection", error);
}

function codeOf({ code }: VendorError): string {
  return typeof code === "string" ? code : "";
}

function noHttp(reason: string, cause: unknown): TransportError {
  return new TransportError("protocol-error", `what answers does not speak HTTP: ${oneLine(reason)}`, {
    hint: "Check the port and the scheme",
    cause,
  });
}

function lost(reason: string, cause: unknown): TransportError {
  return new TransportError("connection-lost", reason, { temporary: true, cause });
}
