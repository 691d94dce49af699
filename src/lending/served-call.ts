import { TransportError } from "../errors/transport-error.ts";
import { abortedError } from "../transport/operation.ts";
import type { Transport } from "../transport/transport.ts";
import type { Answer, SaidEntry, ServedVerb } from "./messages.ts";
import { entryBytes, piecesOf, windowBytes } from "./messages.ts";
import type { CallArguments } from "./call-arguments.ts";
import { Upload } from "./upload.ts";

/** Entries that go together, at most: by their number, and by what they count for. */
const batchSize = 200;
const batchBytes = 64 * 1024;

/** What a call needs of the channel that it came over. */
export interface CallSurroundings {
  send(answer: Answer, body?: Uint8Array): void;
  drained(): Promise<void> | undefined;
  /** Content that a borrower may send before any of it was taken. */
  readonly uploadBytes: number;
}

/** One call of a borrower, on its way through the lender. */
export class ServedCall {
  readonly id: number;
  readonly verb: ServedVerb;
  readonly transport: Transport;
  readonly path: string;
  readonly args: CallArguments;
  /** Content that came with the call. */
  readonly body: Buffer | undefined;
  readonly #around: CallSurroundings;
  readonly #controller = new AbortController();
  #credit = windowBytes;
  #wake: (() => void) | undefined;
  #upload: Upload | undefined;

  constructor(
    asked: Pick<ServedCall, "id" | "verb" | "transport" | "path" | "args" | "body">,
    around: CallSurroundings,
  ) {
    this.id = asked.id;
    this.verb = asked.verb;
    this.transport = asked.transport;
    this.path = asked.path;
    this.args = asked.args;
    this.body = asked.body;
    this.#around = around;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Nobody waits for it any more. */
  abort(): void {
    this.#controller.abort();
    this.#upload?.fail(abortedError({ name: this.verb, signal: this.signal }));
    this.#wake?.();
  }

  /** The borrower takes so many bytes more; never more than the window are on their way. */
  more(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes, windowBytes);
    this.#wake?.();
  }

  /** Content that the borrower sends for this call. */
  get upload(): Upload {
    return (this.#upload ??= new Upload(this.#around.uploadBytes, (bytes) =>
      this.#around.send({ say: "more", id: this.id, bytes }),
    ));
  }

  /** Says that a file is open, and how much may be written before any of it is. */
  opened(bytes = 0): void {
    this.#around.send({ say: "opened", id: this.id, bytes });
  }

  /** Sends content as it is taken. */
  async sendContent(content: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of content) {
      for (const piece of piecesOf(chunk)) {
        for (let wait = this.#full(); wait !== undefined; wait = this.#full()) await wait;
        this.#credit -= piece.length;
        this.#around.send({ say: "data", id: this.id }, piece);
      }
    }
  }

  /** Sends entries as they come: those of one turn together. */
  async sendEntries(entries: AsyncIterable<SaidEntry>): Promise<void> {
    let batch: SaidEntry[] = [];
    let bytes = 0;
    let soon: NodeJS.Immediate | undefined;
    const flush = (): void => {
      clearImmediate(soon);
      soon = undefined;
      if (batch.length > 0) this.#around.send({ say: "entries", id: this.id, entries: batch });
      batch = [];
      bytes = 0;
    };
    try {
      for await (const entry of entries) {
        for (let wait = this.#full(); wait !== undefined; wait = this.#full()) await wait;
        const own = entryBytes(entry);
        if (own > batchBytes) throw new TransportError("protocol-error", "the server lists a name that has no end");
        this.#credit -= own;
        bytes += own;
        batch.push(entry);
        if (batch.length >= batchSize || bytes >= batchBytes || this.#credit <= 0) flush();
        else soon ??= setImmediate(flush);
      }
      flush();
    } finally {
      clearImmediate(soon);
    }
  }

  /**
   * What is to be waited for until the borrower takes more, and the channel does; undefined where both do now, for who sends at once. Of thousands that are
   * woken together the first fill it again.
   */
  #full(): Promise<void> | undefined {
    if (this.signal.aborted) throw abortedError({ name: this.verb, signal: this.signal });
    if (this.#credit > 0) return this.#around.drained();
    return new Promise((wake) => (this.#wake = wake));
  }
}
