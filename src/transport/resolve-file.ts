import { TransportError } from "../errors/transport-error.ts";
import { getTransportFrom } from "./get-transport.ts";
import type { PossibleTransports } from "./possible-transports.ts";
import type { Registry } from "./registry.ts";
import type { Transport } from "./transport.ts";
import type { LocationInput, TransportOptions } from "./transport-options.ts";

/**
 * A file by its URL: the transport of the directory it is in, and its path there. What can only be asked for as a whole, because its URL has a
 * query or an encoded slash in its name, is a transport of its own, and its path is empty.
 */
export interface ResolvedFile {
  /** The directory that the file is in. */
  readonly transport: Transport;
  /** The file's name in it, or `""` where the transport is of the file itself. */
  readonly path: string;
}

/**
 * The transport and path for the URL of a file. Touches no network.
 *
 * @throws TransportError `invalid-url`, `unsupported-scheme`, and `is-a-directory` for a root, which cannot be a file
 */
export function resolveFileFrom(
  registry: Registry,
  location: LocationInput,
  possibleTransports?: PossibleTransports,
  options?: TransportOptions,
): ResolvedFile {
  const file = registry.parse(location);
  if (file.name === "" && !file.whole)
    throw new TransportError("is-a-directory", "this URL names the root, not a file", { url: file.redactedUrl });
  if (file.whole) return { transport: getTransportFrom(registry, file, possibleTransports, options), path: "" };
  return { transport: getTransportFrom(registry, file.parent(), possibleTransports, options), path: file.name };
}
