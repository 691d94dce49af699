import { afterEach, beforeAll, beforeEach, expect } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import type { HttpServer, HttpServerOptions, TlsIdentity } from "../../src/testing.ts";
import { generateTlsIdentity, startHttpServer } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import type { HttpKind } from "./http-site.ts";

export const host = "server.b\u00fccher.example";
export const ascii = "server.xn--bcher-kva.example";

/** The server's. */
export let identity: TlsIdentity;
/** Of two clients. */
export let client: TlsIdentity;
export let otherClient: TlsIdentity;
beforeAll(async () => {
  [identity, client, otherClient] = await Promise.all([
    generateTlsIdentity({ names: [ascii, "other.example", "127.0.0.1", "::1"] }),
    generateTlsIdentity({ names: ["client"] }),
    generateTlsIdentity({ names: ["another client"] }),
  ]);
});

/** The list of the test that runs. */
export let list: Transport[];
const used: Transport[] = [];
const servers: HttpServer[] = [];
beforeEach(() => void (list = []));
afterEach(async () => {
  await Promise.all(used.splice(0).map((transport) => transport.disconnect()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** What a server of a kind is started with. */
function served(kind: HttpKind): HttpServerOptions {
  return kind === "http" ? {} : { tls: identity, http2: kind === "https over HTTP/2" };
}

/** A server that ends with the test, and has one file. */
export async function start(kind: HttpKind, options: HttpServerOptions = {}): Promise<HttpServer> {
  const server = await startHttpServer({ ...served(kind), ...options });
  servers.push(server);
  seedTree(server.tree, "/file");
  return server;
}

interface UrlParts {
  readonly user?: string;
  readonly name?: string;
  readonly path?: string;
}

/** A URL on a server, by its international name unless another one is wanted. */
export function urlOf(server: HttpServer, { user, name = host, path = "/" }: UrlParts = {}): string {
  const [scheme] = server.url.split(":", 1);
  return `${scheme}://${user === undefined ? "" : `${user}@`}${name}:${server.port}${path}`;
}

/** Gets a transport and uses it, so that the server sees a connection if one is needed. */
export async function use(url: string, options: TransportOptions = {}): Promise<Transport> {
  const transport = getTransport(url, list, options);
  keep(transport);
  await transport.has("file");
  return transport;
}

/** Has a transport disconnected after the test. */
export function keep(transport: Transport): void {
  used.push(transport);
}

/** Uses a transport that may be refused: the server counts the connection all the same. */
export async function attempt(url: string, options: TransportOptions): Promise<void> {
  await use(url, options).catch(() => undefined);
}

interface Values {
  readonly same: TransportOptions;
  readonly other: TransportOptions;
  /** Where there is a way to say it. */
  readonly none?: TransportOptions;
}

/** Asserts an option's three values: absent and the same share, another one and explicitly none each need a wire of their own. */
export async function threeValues(
  server: HttpServer,
  base: TransportOptions,
  { same, other, none }: Values,
): Promise<void> {
  const url = (path: string): string => urlOf(server, { path });
  await use(url("/"), merged(base, same));
  await use(url("/absent/"));
  await use(url("/absent/too/"), base);
  await use(url("/same/"), merged(base, same));
  expect(server.accepted, "absent, and the same").toBe(1);
  await attempt(url("/other/"), merged(base, other));
  expect(server.accepted, "another one").toBe(2);
  if (none === undefined) return;
  await attempt(url("/none/"), merged(base, none));
  expect(server.accepted, "explicitly none").toBe(3);
}

function merged(base: TransportOptions, more: TransportOptions): TransportOptions {
  const tls = { ...(base.tls as object), ...(more.tls as object) };
  return { ...base, ...more, ...(Object.keys(tls).length > 0 ? { tls } : {}) };
}
