import { afterEach } from "vitest";

import type { Transport, TransportError, TransportOptions } from "../../../src/index.ts";
import { getTransport, isTransportError } from "../../../src/index.ts";
import type { HttpServer, HttpServerOptions } from "../../../src/testing.ts";
import { startHttpServer } from "../../../src/testing.ts";
import { seedTree } from "./seed-tree.ts";

const servers: HttpServer[] = [];
const transports: Transport[] = [];

/** What a test started ends with it. */
afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.disconnect()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A server with files in it, by their path. */
export async function serverWith(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  options: HttpServerOptions = {},
): Promise<HttpServer> {
  const server = await startHttpServer(options);
  servers.push(server);
  for (const [path, content] of Object.entries(files)) seedTree(server.tree, path, content);
  return server;
}

/** A transport that is disconnected after the test. */
export function open(url: string, options: TransportOptions = {}, list: Transport[] = []): Transport {
  const transport = getTransport(url, list, options);
  if (!transports.includes(transport)) transports.push(transport);
  return transport;
}

/** The requests that a server got, as `GET /path` with the range, if one was asked for. */
export function requestsOf(server: HttpServer): string[] {
  return server.requests.map(({ method, target, headers }) =>
    [method, target, headers["range"]].filter((part) => part !== undefined).join(" "),
  );
}

/** The failure that work comes to. */
export async function failureOf(work: Promise<unknown>): Promise<TransportError> {
  const error = await work.then(
    (value) => new Error(`it resolved with ${String(value)}`),
    (reason: unknown) => reason,
  );
  if (isTransportError(error)) return error;
  throw error;
}
