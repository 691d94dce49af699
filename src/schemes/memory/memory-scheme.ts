import type { ConnectedScheme } from "../../transport/connected-scheme.ts";
import { connectedScheme } from "../../transport/connected-scheme.ts";
import { memoryConnector } from "./memory-connector.ts";
import { MemoryPrimitives } from "./memory-primitives.ts";
import type { MemorySession } from "./memory-store.ts";
import { MemoryStore, memoryStore } from "./memory-store.ts";

/**
 * `memory://name/` is a store of this process that outlives its wires. `memory:///` is a store of its own for every connection: private to
 * the transport, or to the list or scope, that it was made in.
 */
export const memoryScheme: ConnectedScheme<MemorySession> = connectedScheme<MemorySession>({
  names: ["memory"],
  syntax: { host: "optional", userinfo: true, query: false, encodedSlash: false, controlCharacters: true, homeDirectory: false },
  options: {},
  endpoint: ({ location }) => `memory|${location.user ?? ""}|${location.host}|${location.port ?? ""}`,
  label: ({ location }) => `memory://${location.host}`,
  connector: ({ location: { host } }) => memoryConnector(host === "" ? new MemoryStore("") : memoryStore(host)),
  primitives: (connection) => new MemoryPrimitives(connection),
});
