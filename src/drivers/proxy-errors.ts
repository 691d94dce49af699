import { TransportError, toTransportError } from "../errors/transport-error.ts";
import { oneLine } from "../url/printable.ts";
import type { ProxyTarget } from "./proxy-target.ts";
import { proxyAuthorization } from "./proxy-target.ts";
import { connectError } from "./socket-errors.ts";

/** What went wrong with a proxy, told as that, with the proxy's name. */
export function ofProxy(error: unknown, { label }: ProxyTarget): TransportError {
  const { code, reason, temporary, hint = wayOut, cause } = toTransportError(error);
  return new TransportError(code, `the proxy ${label}: ${reason}`, { temporary, hint, cause });
}

const wayOut = "Check the proxy, or pass proxy: null to connect without one";

export function proxyUnreachable(error: NodeJS.ErrnoException, proxy: ProxyTarget): TransportError {
  const { code, reason, temporary } = connectError(error, proxy, "a proxy");
  return ofProxy(new TransportError(code, reason, { temporary, cause: error }), proxy);
}

/** A proxy wants to know who asks, or does not believe it. `schemes` is what it would take, if it says so. */
export function refusedByProxy({ user, password }: ProxyTarget, schemes: readonly string[] = []): TransportError {
  if (schemes.length > 0 && !schemes.includes("basic")) {
    return new TransportError(
      "authentication-failed",
      `it wants an authentication that is not supported: ${oneLine(schemes.join(", "))}`,
      { hint: "It has to take a user and a password by Basic" },
    );
  }
  if (user === undefined && password === undefined) {
    return new TransportError("authentication-failed", "it wants to know who asks, and nobody was named", {
      hint: "Write the user and the password in its URL: http://user:password@host:port",
    });
  }
  return new TransportError("authentication-failed", "it refuses the user and the password", {
    hint: "Check the user and the password in its URL",
  });
}

/** A proxy's text, fit for a message: empty where it repeats what nobody else is to know. */
export function saidByProxy(text: string, proxy: ProxyTarget): string {
  const { user, password } = proxy;
  const secrets = [password, proxyAuthorization(proxy)?.slice("Basic ".length), user];
  const known = secrets.some((secret) => secret !== undefined && secret !== "" && text.includes(secret));
  return known ? "" : oneLine(text);
}
