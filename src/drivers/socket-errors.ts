import { TransportError } from "../errors/transport-error.ts";

/** Where a socket leads. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What the names of errors mean, in words. */
export const errnoReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the other side reset the connection",
  EPIPE: "the other side closed the connection",
  EHOSTUNREACH: "no route leads there",
  ENETUNREACH: "no route leads there",
  ETIMEDOUT: "nobody answers there",
  EADDRNOTAVAIL: "the local address is not one of this machine's",
};

/** What is said of a name that has no address. */
const unknownNames: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA", "EAI_NODATA"]);

/** Why a TCP connection to `server` ("an SSH server") could not be made. */
export function connectError(error: NodeJS.ErrnoException, { host, port }: Endpoint, server: string): TransportError {
  const code = firstCode(error) ?? "";
  if (unknownNames.has(code))
    return new TransportError("connection-failed", `no address is known for the host ${host}`, {
      hint: "Check the host's name",
      cause: error,
    });
  // A refusal of the name server is none of the server's.
  if (code === "EAI_AGAIN" || /^(?:getaddrinfo|query)/.test(error.syscall ?? ""))
    return new TransportError("connection-failed", `the name of the host ${host} could not be looked up (${code})`, {
      temporary: true,
      hint: "Check the network, and the machine's name servers",
      cause: error,
    });
  const reason = errnoReasons[code] ?? error.message;
  const details = { temporary: code !== "EADDRNOTAVAIL" && code !== "EACCES", cause: error };
  if (code === "ETIMEDOUT")
    return new TransportError("timeout", `cannot connect to ${host} port ${port}: ${reason}`, details);
  return new TransportError("connection-failed", `cannot connect to ${host} port ${port}: ${reason}`, {
    ...details,
    ...(code === "ECONNREFUSED" ? { hint: `Check the port, and that ${server} runs` } : {}),
  });
}

/** Of several addresses that were tried, the first one's. */
function firstCode(error: NodeJS.ErrnoException): string | undefined {
  const { errors } = error as Partial<AggregateError>;
  return error.code ?? (errors?.[0] as NodeJS.ErrnoException | undefined)?.code;
}
