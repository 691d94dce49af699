import { TransportError } from "samewire";

/** In the place of a server: keys and values of this process, and the sessions that are open on them. Keys are paths: `/greetings/hello`. */
export class KvStore {
  readonly values = new Map<string, Buffer>();
  readonly #sessions = new Map<KvSession, (error: TransportError) => void>();
  accepted = 0;

  /** Opens a session; `lost` is called if it is cut. */
  connect(lost: (error: TransportError) => void): KvSession {
    this.accepted++;
    const session = new KvSession(this.values);
    this.#sessions.set(session, lost);
    return session;
  }

  /** Cuts every session, as a failing network does. */
  sever(): void {
    const error = new TransportError("connection-lost", "the session was cut", { temporary: true });
    for (const [session, lost] of this.#sessions) {
      session.end(error);
      lost(error);
    }
    this.#sessions.clear();
  }
}

/** A session as a driver would have it: it answers until it ends. */
export class KvSession {
  readonly #values: ReadonlyMap<string, Buffer>;
  #end: TransportError | undefined;

  constructor(values: ReadonlyMap<string, Buffer>) {
    this.#values = values;
  }

  async value(key: string): Promise<Buffer | undefined> {
    await this.#answer();
    return this.#values.get(key);
  }

  /** Some bytes of a value; fewer only where it ends. */
  async part(key: string, offset: number, length: number): Promise<Buffer> {
    return Buffer.from((await this.value(key))?.subarray(offset, offset + length) ?? []); // a copy, as from a network
  }

  /** The keys that begin with `prefix`, in order. */
  async keys(prefix: string): Promise<readonly string[]> {
    await this.#answer();
    return [...this.#values.keys()].filter((key) => key.startsWith(prefix)).toSorted();
  }

  end(reason: TransportError): void {
    this.#end ??= reason;
  }

  /** As a server's, an answer never comes before the caller has gone on, so that it may be lost. */
  async #answer(): Promise<void> {
    await Promise.resolve();
    if (this.#end !== undefined) throw this.#end;
  }
}

const stores = new Map<string, KvStore>();

/** The store that `kv://name/` leads to. It comes into being when it is first asked for. */
export function kvStore(name: string): KvStore {
  const store = stores.get(name) ?? new KvStore();
  stores.set(name, store);
  return store;
}
