import { TransportError } from "../../errors/transport-error.ts";
import { FileTree } from "./file-tree.ts";
import { MemorySession } from "./memory-session.ts";

/**
 * What a `memory:` URL leads to: a file tree, and the sessions that are open on it. The tree outlives them. It counts and loses its sessions as
 * a server does its connections.
 */
export class MemoryStore {
  /** As hosts are in URLs; empty for a private one. */
  readonly name: string;
  /** Outlives every session. */
  readonly tree: FileTree = new FileTree();
  readonly #sessions = new Map<MemorySession, (error: TransportError) => void>();
  #accepted = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Sessions opened so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Sessions open now. */
  get open(): number {
    return this.#sessions.size;
  }

  /** Opens a session; `lost` is called if it is cut. */
  connect(lost: (error: TransportError) => void): MemorySession {
    const session = new MemorySession(this.tree, () => this.#sessions.delete(session));
    this.#sessions.set(session, lost);
    this.#accepted++;
    return session;
  }

  /** Cuts every open session, as a failing network does. The data stays. */
  sever(): void {
    const error = new TransportError("connection-lost", "the session was cut", {
      url: `memory://${this.name}/`,
      temporary: true,
    });
    for (const [session, lost] of [...this.#sessions]) {
      session.end(error);
      lost(error);
    }
  }
}

const named = new Map<string, MemoryStore>();

/** The store that `memory://name/` leads to, in this process. It comes into being when it is first asked for, and stays. */
export function memoryStore(name: string): MemoryStore {
  const host = name.toLowerCase();
  let store = named.get(host);
  if (store === undefined) named.set(host, (store = new MemoryStore(host)));
  return store;
}

/** A store that nobody else can find. */
export function privateStore(): MemoryStore {
  return new MemoryStore("");
}
