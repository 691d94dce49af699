import { once } from "node:events";
import type { Server } from "node:http";
import { createServer } from "node:http";
import { hostname } from "node:os";

import type { ErrorCode } from "../errors/error-code.ts";
import { TransportError } from "../errors/transport-error.ts";
import type { Logger } from "../log/logger.ts";
import { silentLogger } from "../log/logger.ts";
import type { Transport } from "../transport/transport.ts";
import { AllowedHosts } from "./allowed-hosts.ts";
import type { Patience } from "./defaults.ts";
import { maxConnections, maxHeadBytes, patience } from "./defaults.ts";
import type { GatewayAnswer } from "./gateway.ts";
import { Gateway } from "./gateway.ts";
import { readingMethods } from "./reading.ts";
import { withWebdav } from "./webdav/webdav-methods.ts";
import type { WritableOptions } from "./webdav/writable-options.ts";

/** Options of `serve`. */
export interface ServeOptions {
  /** Where to listen. Default `127.0.0.1`: nobody but this machine. Anywhere else, everybody who can connect reads all that the transport can. */
  readonly host?: string | undefined;
  /** Default 0: any that is free; `Gateway.port` says which. */
  readonly port?: number | undefined;
  /** Names by which the gateway may be asked beside `host`, its addresses and this machine's name; for proxies in front of it, as a rule. */
  readonly allowHosts?: readonly string[] | undefined;
  /** Makes it one that can be written through, by WebDAV. Default: nothing can be changed, whoever asks. */
  readonly writable?: WritableOptions | undefined;
  /** Is told each request when it is over. Must not throw. */
  readonly onAnswered?: ((answered: GatewayAnswer) => void) | undefined;
  /** A pino logger, or anything of its shape. Silent by default. */
  readonly logger?: Logger | undefined;
}

/**
 * Serves a transport over HTTP until the gateway is closed: files with ranges and conditional requests, directories as pages. Everybody who can connect reads what the
 * transport can: by default that is this machine alone. Touches the transport when somebody asks; it stays its owner's.
 *
 * @throws TransportError `already-exists` where the port is taken, `permission-denied` where it must not be
 */
export function serve(transport: Transport, options: ServeOptions = {}): Promise<Gateway> {
  return serveWithin(patience, transport, options);
}

/** As `serve`, with a patience of its own. */
export async function serveWithin(
  { headTimeoutMs, headCheckIntervalMs, stallTimeoutMs, keepAliveTimeoutMs }: Patience,
  transport: Transport,
  options: ServeOptions,
): Promise<Gateway> {
  const { host = "127.0.0.1", port = 0, allowHosts = [], onAnswered, logger = silentLogger } = options;
  const methods = withWebdav(readingMethods, options.writable);
  const server = createServer({
    insecureHTTPParser: false,
    keepAliveTimeout: keepAliveTimeoutMs,
    headersTimeout: headTimeoutMs,
    connectionsCheckingInterval: headCheckIntervalMs,
    // Of the whole request: an upload may take as long as it goes on.
    requestTimeout: 0,
    maxHeaderSize: maxHeadBytes,
  });
  server.timeout = stallTimeoutMs;
  server.maxConnections = maxConnections;
  // Of the fields beyond Node's 2,000 nothing would be known, a precondition among them; what counts is the length of the head.
  server.maxHeadersCount = 0;
  await listen(server, host, port);
  const hosts = new AllowedHosts(host, allowHosts);
  return new Gateway(server, isWildcard(host) ? hostname() : host, { transport, methods, hosts, logger, onAnswered });
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const [kind, reason, hint] = obstacles[code] ?? ["unexpected", "nothing can listen there", undefined];
    throw new TransportError(kind, `${reason}: port ${port} of ${host}`, { operation: "serve", hint, cause: error });
  }
}

type Obstacle = readonly [code: ErrorCode, reason: string, hint: string | undefined];

const obstacles: Readonly<Record<string, Obstacle>> = {
  EADDRINUSE: ["already-exists", "somebody listens there already", "Choose another port, or 0 for any that is free"],
  EACCES: ["permission-denied", "this user may not listen there", "Choose a port above 1023"],
  EADDRNOTAVAIL: ["not-found", "this machine has no such address", "Name an address of this machine"],
  ENOTFOUND: ["not-found", "there is no such host", "Name an address of this machine"],
};

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
