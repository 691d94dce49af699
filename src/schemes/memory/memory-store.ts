import { TransportError } from "../../errors/transport-error.ts";
import { FileTree } from "./file-tree.ts";

/** A wire to a store: as long as it is open its verbs reach the tree. */
export interface MemorySession {
  readonly store: MemoryStore;
  open: boolean;
  /** Verbs that went over it, for the account of the wire. */
  requests: number;
  /** Called when the store cuts the session. */
  readonly cut: (reason: TransportError) => void;
}

/** A file system in memory that outlives the sessions to it, and counts them as a server does. */
export class MemoryStore {
  readonly name: string;
  readonly tree: FileTree;
  readonly #sessions = new Set<MemorySession>();
  #accepted = 0;

  constructor(name: string, tree: FileTree = new FileTree()) {
    this.name = name;
    this.tree = tree;
  }

  /** Sessions opened so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Sessions open now. */
  get open(): number {
    return this.#sessions.size;
  }

  accept(cut: (reason: TransportError) => void): MemorySession {
    const session: MemorySession = { store: this, open: true, requests: 0, cut };
    this.#sessions.add(session);
    this.#accepted++;
    return session;
  }

  release(session: MemorySession): void {
    session.open = false;
    this.#sessions.delete(session);
  }

  /** Cuts every session, as a network does. What is stored stays. */
  sever(): void {
    for (const session of [...this.#sessions]) {
      this.release(session);
      session.cut(new TransportError("connection-lost", "the session was cut", { url: `memory://${this.name}/`, temporary: true }));
    }
  }
}

const stores = new Map<string, MemoryStore>();

/** The store of this process with that name; made when first asked for. */
export function memoryStore(name: string): MemoryStore {
  let store = stores.get(name);
  if (store === undefined) {
    store = new MemoryStore(name);
    stores.set(name, store);
  }
  return store;
}
