import type { Connector } from "../../connection/connector.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { MemorySession, MemoryStore } from "./memory-store.ts";

/** Opens sessions to a store: a wire that costs nothing and is counted like any other. */
export function memoryConnector(store: MemoryStore): Connector<MemorySession> {
  return {
    label: `memory://${store.name}`,
    leasesPerWire: Infinity,
    open: ({ lost }) => Promise.resolve(store.accept(lost)),
    check: (session) => (session.open ? Promise.resolve() : Promise.reject(sessionClosed(store))),
    close: (session) => Promise.resolve(store.release(session)),
    destroy: (session) => store.release(session),
    hold: () => undefined,
    // A session moves no bytes over a network; a request counts as heard, so that silence is told from life.
    traffic: ({ requests }) => ({ bytesSent: 0, bytesReceived: requests }),
  };
}

/** What a verb on a session that is gone is refused with. */
export function sessionClosed(store: MemoryStore): TransportError {
  return new TransportError("connection-lost", "the session was cut", { url: `memory://${store.name}/`, temporary: true });
}
