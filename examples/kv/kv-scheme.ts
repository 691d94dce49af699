import type { Readable } from "node:stream";

import { type Capabilities, type Location, type Stat, TransportError } from "samewire";
import {
  type ConnectedScheme,
  type Connector,
  type Operation,
  type RawEntry,
  ReadOnlyPrimitives,
  type SharedConnection,
  connectedScheme,
  readOnlyCapabilities,
  readStream,
} from "samewire/extend";

import { type KvSession, kvStore } from "./kv-store.ts";

/** How a session is opened, checked and closed: all that the connection layer knows of it. */
function kvConnector(name: string): Connector<KvSession> {
  const label = `kv://${name}`;
  return {
    label,
    leasesPerWire: Infinity, // A session answers many requests at once.
    open: async ({ lost }) => kvStore(name).connect(lost),
    check: async (session) => void (await session.value("/")),
    close: async (session) => session.end(new TransportError("connection-lost", "the session was closed")),
    destroy: (session, reason) => session.end(reason),
    hold: () => undefined, // There is no socket that keeps the process alive.
    traffic: () => ({ bytesSent: 0, bytesReceived: 0 }),
  };
}

/** What the scheme does itself. Every verb is made of it. */
class KvPrimitives extends ReadOnlyPrimitives {
  readonly capabilities: Capabilities = { ...readOnlyCapabilities, listable: true, directories: true };
  readonly #connection: SharedConnection<KvSession>;

  constructor(connection: SharedConnection<KvSession>) {
    super();
    this.#connection = connection;
  }

  async statAt(at: Location, _how: unknown, operation: Operation): Promise<Stat> {
    const value = await this.#use(operation, (session) => session.value(at.path));
    if (value !== undefined) return { type: "file", sizeBytes: value.length };
    const below = await this.#use(operation, (session) => session.keys(prefixOf(at)));
    if (below.length > 0 || at.path === "/") return { type: "directory", sizeBytes: 0 };
    throw new TransportError("not-found", "there is no such key");
  }

  async *listAt(at: Location, operation: Operation): AsyncGenerator<readonly RawEntry[]> {
    const { type } = await this.statAt(at, undefined, operation);
    if (type !== "directory") throw new TransportError("not-a-directory", "it is a value");
    const below = await this.#use(operation, (session) => session.keys(prefixOf(at)));
    const names = new Set(below.map((key) => key.slice(prefixOf(at).length).split("/", 1)[0] ?? ""));
    yield [...names].filter((name) => name !== "").map((name) => ({ name }));
  }

  async readAt(
    at: Location,
    range: { readonly offset: number; readonly length: number | undefined },
    operation: Operation,
  ): Promise<Readable> {
    const { type } = await this.statAt(at, undefined, operation);
    if (type === "directory") throw new TransportError("is-a-directory", "it is not a value");
    // A stream has the session on loan until it ends, which is paused while nobody waits for the server.
    const lease = await this.#connection.lease({ operation: operation.name, signal: operation.signal });
    lease.pause();
    const read = (offset: number, length: number): Promise<Buffer> => lease.wire.part(at.path, offset, length);
    return readStream({ read, close: async () => lease.release() }, range, at, operation);
  }

  /** Borrows the shared session for one request, which may be asked again where the connection is lost: nothing changes by it. */
  #use<T>({ name, signal }: Operation, request: (session: KvSession) => Promise<T>): Promise<T> {
    return this.#connection.use({ operation: name, signal, repeatable: true }, request);
  }
}

function prefixOf({ path }: Location): string {
  return path === "/" ? "/" : `${path}/`;
}

/** `kv://name/`: what is in a store, as files to read. */
export const kvScheme: ConnectedScheme<KvSession> = connectedScheme({
  names: ["kv"],
  syntax: {
    host: "required",
    userinfo: false,
    query: false,
    encodedSlash: false,
    controlCharacters: false,
    homeDirectory: false,
  },
  options: {}, // Beside those that every scheme has.
  endpoint: ({ location }) => `kv://${location.host}`,
  label: ({ location }) => `kv://${location.host}`,
  connector: ({ location }) => kvConnector(location.host),
  primitives: (connection) => new KvPrimitives(connection),
});
