import { cacheDecorator } from "./decorators/cache.ts";
import { chrootDecorator } from "./decorators/chroot.ts";
import { limitDecorator } from "./decorators/limit.ts";
import { logDecorator } from "./decorators/log.ts";
import { noopDecorator } from "./decorators/noop.ts";
import { readonlyDecorator } from "./decorators/readonly.ts";
import { retryDecorator } from "./decorators/retry.ts";
import { traceDecorator } from "./decorators/trace.ts";
import { unlistableDecorator } from "./decorators/unlistable.ts";
import { borrowFrom } from "./lending/borrow.ts";
import type { BorrowOptions, BorrowedTransports } from "./lending/borrowed-transports.ts";
import type { LendingChannel } from "./lending/frame-channel.ts";
import { fileScheme } from "./schemes/file/file-scheme.ts";
import { ftpScheme, ftpsScheme } from "./schemes/ftp/ftp-scheme.ts";
import { httpScheme, httpsScheme } from "./schemes/http/http-scheme.ts";
import { davScheme, davsScheme } from "./schemes/http/webdav/webdav-scheme.ts";
import { memoryScheme } from "./schemes/memory/memory-scheme.ts";
import { s3Scheme } from "./schemes/s3/s3-scheme.ts";
import { sftpScheme } from "./schemes/sftp/sftp-scheme.ts";
import { getTransportFrom } from "./transport/get-transport.ts";
import type { PossibleTransports } from "./transport/possible-transports.ts";
import { Registry } from "./transport/registry.ts";
import type { ResolvedFile } from "./transport/resolve-file.ts";
import { resolveFileFrom } from "./transport/resolve-file.ts";
import type { ScopeOptions } from "./transport/scope.ts";
import { TransportScope as RegistryScope } from "./transport/scope.ts";
import type { LocationInput, TransportOptions } from "./transport/transport-options.ts";
import type { Transport } from "./transport/transport.ts";

/** The schemes and decorators that `getTransport` knows. */
export const defaultRegistry: Registry = new Registry();
for (const scheme of [
  memoryScheme,
  fileScheme,
  sftpScheme,
  ftpScheme,
  ftpsScheme,
  httpScheme,
  httpsScheme,
  davScheme,
  davsScheme,
  s3Scheme,
])
  defaultRegistry.registerScheme(scheme);
for (const decorator of [
  cacheDecorator,
  chrootDecorator,
  limitDecorator,
  logDecorator,
  noopDecorator,
  readonlyDecorator,
  retryDecorator,
  traceDecorator,
  unlistableDecorator,
])
  defaultRegistry.registerDecorator(decorator);

/**
 * A transport for `location`: on the wire of the first of `possibleTransports` that may serve it, else with a wire of its own, which then
 * joins the list. Without a list the ambient scope is used; outside one the transport owns its wire. Synchronous, touches no network.
 *
 * @throws TransportError `invalid-url`, `invalid-path`, `unsupported-scheme`
 */
export function getTransport(
  location: LocationInput,
  possibleTransports?: PossibleTransports,
  options?: TransportOptions,
): Transport {
  return getTransportFrom(defaultRegistry, location, possibleTransports, options);
}

/**
 * The URL of a file as the transport of its directory and its path there.
 *
 * @throws TransportError `invalid-url`, `unsupported-scheme`, `is-a-directory` for a root
 */
export function resolveFile(
  location: LocationInput,
  possibleTransports?: PossibleTransports,
  options?: TransportOptions,
): ResolvedFile {
  return resolveFileFrom(defaultRegistry, location, possibleTransports, options);
}

/** A bounded, owned set of transports over the default schemes. */
export class TransportScope extends RegistryScope {
  /** `options` bound it, and say what it may use beside its own. */
  constructor(options?: ScopeOptions) {
    super(defaultRegistry, options);
  }
}

/**
 * What another thread or process lends at the other end of a channel, as a list for `getTransport` and `TransportScope`: URLs below what is lent are served by
 * the lender's wires, all others as usual. Without a channel it is the one that the environment names (`SAMEWIRE_LENT`), as `samewire lend` and
 * `lendToPrograms` set it. While nothing is asked for it does not keep the process alive.
 *
 * @throws TransportError `connection-failed` where nobody lends anything
 */
export function borrow(channel?: LendingChannel, options?: BorrowOptions): Promise<BorrowedTransports> {
  return borrowFrom(defaultRegistry, channel, options);
}
