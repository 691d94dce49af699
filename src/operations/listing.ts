import { publish } from "../connection/events.ts";
import { isTransportError } from "../errors/transport-error.ts";
import type { Entry } from "../transport/stat.ts";
import type { Transport } from "../transport/transport.ts";
import { isSafeName } from "../transport/verbs/list.ts";
import type { WalkedEntry } from "./walk.ts";

/** Entries that are read before anybody takes them. */
const mostRead = 256;

/** The entries of a directory with their stats, some of them read before they are taken. */
export class Listing {
  readonly path: string;
  readonly #transport: Transport;
  readonly #signal: AbortSignal | undefined;
  readonly #found: (entry: WalkedEntry) => void;
  readonly #pass: (error: unknown, path: string) => void;
  readonly #entries: AsyncIterator<Entry>;
  readonly #read: WalkedEntry[] = [];
  /** Resolves with whether there was another entry. One at a time. */
  #reading: Promise<boolean> | undefined;
  #ended = false;

  /** `found` is told each entry as it is read; `pass` what cannot be described, and what that throws ends the listing. */
  constructor(
    transport: Transport,
    path: string,
    signal: AbortSignal | undefined,
    found: (entry: WalkedEntry) => void,
    pass: (error: unknown, path: string) => void,
  ) {
    this.#transport = transport;
    this.path = path;
    this.#signal = signal;
    this.#found = found;
    this.#pass = pass;
    this.#entries = transport.list(path, { signal })[Symbol.asyncIterator]();
  }

  /** Reads on, until enough waits to be taken. A failure is told when its turn comes. */
  begin(): void {
    if (this.#ended || this.#reading !== undefined || this.#read.length >= mostRead) return;
    const reading = (this.#reading = this.#readOne());
    reading.then(
      () => {
        this.#reading = undefined;
        this.begin();
      },
      () => undefined,
    );
  }

  /** The next entry that is one and is still there; undefined at the end. */
  async next(): Promise<WalkedEntry | undefined> {
    this.begin();
    while (this.#read.length === 0) {
      if (this.#reading === undefined) return undefined;
      await this.#reading;
    }
    const entry = this.#read.shift();
    this.begin();
    return entry;
  }

  async close(): Promise<void> {
    this.#ended = true;
    // What is under way is of no use to anybody, whatever becomes of it.
    await this.#reading?.catch(() => undefined);
    await this.#entries.return?.();
  }

  async #readOne(): Promise<boolean> {
    const { done, value } = await this.#entries.next();
    if (done === true) {
      this.#ended = true;
      return false;
    }
    const entry = await this.#described(value);
    if (entry === undefined) return true;
    this.#read.push(entry);
    this.#found(entry);
    return true;
  }

  async #described({ name, path, stat }: Entry): Promise<WalkedEntry | undefined> {
    if (!isSafeName(name)) {
      const url = this.#transport.location.redactedUrl;
      publish("samewire:list:refused-name", () => ({ url, name: JSON.stringify(name) }));
      return undefined;
    }
    if (stat !== undefined) return { name, path, stat };
    try {
      return { name, path, stat: await this.#transport.stat(path, { signal: this.#signal }) };
    } catch (error) {
      if (!isTransportError(error, "not-found")) this.#pass(error, path);
      return undefined;
    }
  }
}
