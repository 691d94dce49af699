import type { Logger } from "../log/logger.ts";
import type { ConnectionRequest } from "./connection-request.ts";
import type { TransportOptions } from "./transport-options.ts";

/** Who logs in, as a file of users and passwords has it. */
export interface FoundLogin {
  readonly user: string;
  readonly password: string | undefined;
  readonly account: string | undefined;
}

/** Looks up who logs in at a host; `user` is who was named, whose entry alone counts then. */
export type FindLogin = (
  query: { readonly host: string; readonly typedHost: string; readonly user: string | undefined },
  options: { readonly file: string | null | undefined; readonly logger: Logger | undefined },
) => FoundLogin | undefined;

/** What a netrc file says of who logs in, where neither the URL nor the options say so, and the location is the caller's own. */
export function loginFromNetrc(request: ConnectionRequest, find: FindLogin): FoundLogin | undefined {
  const { location, options } = request;
  const { password, user, netrc: file, logger } = options;
  if (!request.inherits || location.password !== undefined || password !== undefined || user === null) return undefined;
  const { host, typedHost } = location;
  return find({ host, typedHost, user: location.user ?? user }, { file, logger });
}

/** Options with a login in them. */
export function withLogin(options: TransportOptions, { user, password }: FoundLogin): TransportOptions {
  return { ...options, user, ...(password === undefined ? {} : { password }) };
}
