import type { Connector, OpenContext } from "../../connection/connector.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { MemorySession } from "./memory-session.ts";
import type { MemoryStore } from "./memory-store.ts";

/** Opens sessions on one store: wires that cost nothing and are counted like any other. */
export function memoryConnector(store: MemoryStore, label: string): Connector<MemorySession> {
  return {
    label,
    leasesPerWire: Infinity,
    open: ({ lost }: OpenContext) => Promise.resolve(store.connect(lost)),
    check: async (session) => void session.ask(() => undefined),
    close: async (session) =>
      session.end(new TransportError("connection-lost", "the session was closed", { url: label })),
    destroy: (session, reason) => session.end(reason),
    // There is no socket that could keep the process alive.
    hold: () => undefined,
    traffic: ({ traffic }) => traffic,
  };
}
