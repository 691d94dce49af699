import type { ConnectionKey } from "../../connection/connection-key.ts";
import { identityValue } from "../../connection/identity.ts";
import type { ConnectedScheme } from "../../transport/connected-scheme.ts";
import { connectedScheme } from "../../transport/connected-scheme.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import { schemeDeclarations } from "../../transport/option-declarations.ts";
import { memoryConnector } from "./memory-connector.ts";
import { MemoryPrimitives } from "./memory-primitives.ts";
import type { MemorySession } from "./memory-session.ts";
import { memoryStore, privateStore } from "./memory-store.ts";

/**
 * `memory://name/` is a store of this process that outlives its wires. `memory:///` is a store of its own for every connection: private to
 * the transport, or to the list or scope, that it was made in. A user, a password and a port select nothing, but count for sharing as everywhere.
 */
export const memoryScheme: ConnectedScheme<MemorySession> = connectedScheme<MemorySession>({
  names: ["memory"],
  syntax: {
    host: "optional",
    userinfo: true,
    query: false,
    encodedSlash: false,
    controlCharacters: true,
    homeDirectory: false,
  },
  options: schemeDeclarations.memory,
  endpoint: label,
  label,
  keyOf: (request) => (isPrivate(request) ? privateKey(request) : request.key),
  connector: (request) =>
    memoryConnector(isPrivate(request) ? privateStore() : memoryStore(request.location.host), label(request)),
  primitives: (connection) => new MemoryPrimitives(connection),
});

function label({ location, options }: ConnectionRequest): string {
  const user = location.user ?? options.user ?? undefined;
  const host = location.port === undefined ? location.host : `${location.host}:${location.port}`;
  return `memory://${user === undefined ? "" : `${encodeURIComponent(user)}@`}${host}`;
}

function isPrivate({ location }: ConnectionRequest): boolean {
  return location.host === "";
}

let privateStores = 0;

/** Two private stores have nothing in common, although their URLs are the same. */
function privateKey({ key }: ConnectionRequest): ConnectionKey {
  return { ...key, identity: new Map([...key.identity, ["store", identityValue(++privateStores, false)]]) };
}
