import { TransportError, isTransportError, toTransportError } from "../errors/transport-error.ts";
import { Flow } from "../transport/flow.ts";
import type { Entry, Stat } from "../transport/stat.ts";
import type { Transport } from "../transport/transport.ts";
import { isSafeName } from "../transport/verbs/list.ts";
import { isFinal } from "./final-failure.ts";
import { RefusedNames } from "./refused-names.ts";
import type { WalkedEntry } from "./walk.ts";

/** A directory as one side has it. */
export interface SideListing {
  readonly entries: readonly WalkedEntry[];
  /** Names that cannot be ones, or are no text. */
  readonly refused: readonly TransportError[];
  /** Entries that could not be described. */
  readonly failures: readonly TransportError[];
}

/** Contents read at a time, where digests have to be computed from them. */
const mostReads = 8;

/** One side of a sync, asked for what a comparison needs: one listing for each directory, and beyond it only what no listing tells. */
export class SyncSide implements Disposable {
  readonly transport: Transport;
  readonly #signal: AbortSignal | undefined;
  readonly #mtimes: boolean;
  readonly #questions = new Flow();
  readonly #reads = new Flow({ maxFiles: mostReads });
  readonly #refused: RefusedNames;
  /** By the URL of the directory. */
  readonly #refusedIn = new Map<string, TransportError[]>();

  /** `mtimes`: whether they are compared. */
  constructor(transport: Transport, { signal, mtimes }: { signal: AbortSignal | undefined; mtimes: boolean }) {
    this.transport = transport;
    this.#signal = signal;
    this.#mtimes = mtimes;
    this.#refused = new RefusedNames(transport, (error) => {
      const { url = "" } = error;
      const others = this.#refusedIn.get(url);
      if (others === undefined) this.#refusedIn.set(url, [error]);
      else others.push(error);
    });
  }

  /** What is in a directory; all of it, or the failure. */
  async list(path: string): Promise<SideListing> {
    const how = { signal: this.#signal, mtimes: this.#mtimes };
    const entries: WalkedEntry[] = [];
    const undescribed: Entry[] = [];
    const refused: TransportError[] = [];
    for await (const entry of this.transport.list(path, how)) {
      if (!isSafeName(entry.name)) refused.push(noName(this.transport.abspath(path), entry.name));
      else if (isDescribed(entry)) entries.push(entry);
      else undescribed.push(entry);
    }
    refused.push(...this.#takeRefused(path));
    const failures: TransportError[] = [];
    await Promise.all(
      undescribed.map(async ({ name, path: at }) => {
        try {
          entries.push({ name, path: at, stat: await this.stat(at) });
        } catch (error) {
          if (isFinal(error)) throw error;
          // What is gone by now is not there.
          if (!isTransportError(error, "not-found")) failures.push(toTransportError(error));
        }
      }),
    );
    return { entries, refused, failures };
  }

  stat(path: string): Promise<Stat> {
    return this.#questions.run(0, true, () => this.transport.stat(path, { signal: this.#signal }));
  }

  /** The entry with its modification time, which a listing need not tell; as it is where nobody knows it. */
  async timed(entry: WalkedEntry): Promise<WalkedEntry> {
    if (entry.stat.mtime !== undefined) return entry;
    const { mtime } = await this.stat(entry.path);
    return mtime === undefined ? entry : { ...entry, stat: { ...entry.stat, mtime } };
  }

  readlink(path: string): Promise<string> {
    return this.#questions.run(0, true, () => this.transport.readlink(path, { signal: this.#signal }));
  }

  digest(path: string): Promise<string> {
    return this.#reads.run(0, false, () => this.transport.digest(path, { signal: this.#signal }));
  }

  [Symbol.dispose](): void {
    this.#refused[Symbol.dispose]();
  }

  #takeRefused(path: string): readonly TransportError[] {
    if (this.#refusedIn.size === 0) return [];
    const url = this.transport.location.with({ decorators: [] }).resolve(path).redactedUrl;
    const refused = this.#refusedIn.get(url) ?? [];
    this.#refusedIn.delete(url);
    return refused;
  }
}

function isDescribed(entry: Entry): entry is WalkedEntry {
  return entry.stat !== undefined;
}

function noName(url: string, name: string): TransportError {
  return new TransportError("invalid-path", `the server lists ${JSON.stringify(name)}, which cannot be a name`, {
    operation: "list",
    url,
  });
}
