import { TransportError } from "../errors/transport-error.ts";
import type { Lock } from "../transport/lock.ts";
import { CallArguments, checkLentPath } from "./call-arguments.ts";
import type { FrameChannel, LendingChannel } from "./frame-channel.ts";
import { openChannel } from "./frame-channel.ts";
import type { Frame, Head } from "./frame.ts";
import { notAFrame } from "./frame.ts";
import type { Answer } from "./messages.ts";
import { protocolVersion, sayError } from "./messages.ts";
import type { ServedBase } from "./served-base.ts";
import { ServedCall } from "./served-call.ts";
import { isServedVerb, servedVerbs } from "./served-verbs.ts";

/** Calls and locks of one borrower at a time. One of ours has far fewer: it lets them wait. */
const maxCalls = 10_000;

/** So many calls may have content of the usual size on its way to us; those of a borrower with more get little each. */
const usualUploads = 256;
const usualUploadBytes = 256 * 1024;
const leastUploadBytes = 16 * 1024;

/** What one borrower has asked for. */
export interface LendingCounts {
  /** Calls that it made. */
  calls: number;
  /** Bytes of content that it read. */
  bytesRead: number;
  /** Bytes of content that it wrote. */
  bytesWritten: number;
}

/**
 * The lending side of a channel. Nothing that comes is trusted: what is no frame of this protocol ends the channel, and with it all that its borrower has
 * begun; a call that asks for what is not lent is answered like any other that fails.
 */
export class Lender {
  /** Settles once the channel has ended and all that was begun over it has, too. */
  readonly ended: Promise<void>;
  readonly counts: LendingCounts = { calls: 0, bytesRead: 0, bytesWritten: 0 };
  readonly #bases: readonly ServedBase[];
  readonly #channel: FrameChannel;
  readonly #calls = new Map<number, ServedCall>();
  readonly #locks = new Map<number, Lock>();
  readonly #running = new Set<Promise<void>>();
  #reason: TransportError | undefined;
  #settle!: () => void;

  constructor(bases: readonly ServedBase[], channel: LendingChannel) {
    this.#bases = bases;
    this.ended = new Promise((settle) => (this.#settle = settle));
    this.#channel = openChannel(channel, {
      frame: (frame) => this.#take(frame),
      ended: (reason) => this.#stop(reason),
    });
    const lent = bases.map((base) => {
      base.news();
      return { url: base.url, capabilities: base.capabilities };
    });
    this.#send({ say: "hello", version: protocolVersion, lent });
  }

  /** Why the channel has ended; undefined while it has not. */
  get reason(): TransportError | undefined {
    return this.#reason;
  }

  /** Calls that are not answered yet, and locks that are held. */
  get open(): number {
    return this.#calls.size + this.#locks.size;
  }

  /** Ends the channel. */
  async close(): Promise<void> {
    this.#channel.end(new TransportError("closed", "the lender has ended the lending"));
    await this.ended;
  }

  #take({ head, body }: Frame): void {
    const id = numberOf(head, "id");
    const call = this.#calls.get(id);
    switch (head["say"]) {
      case "call":
        return this.#begin(id, head, body);
      // A call that has been answered meanwhile is not there any more.
      case "abort":
        return call?.abort();
      case "more":
        return call?.more(numberOf(head, "bytes"));
      case "data":
        if (body === undefined) throw notAFrame("its content is missing");
        this.counts.bytesWritten += body.length;
        return call?.upload.give(body);
      case "end":
        return call?.upload.end();
      default:
        throw notAFrame("it says nothing that is known");
    }
  }

  #begin(id: number, head: Head, body: Buffer | undefined): void {
    if (this.#calls.has(id) || this.#locks.has(id)) throw notAFrame("its number is taken");
    this.counts.calls++;
    try {
      if (this.#running.size + this.#locks.size >= maxCalls)
        throw new TransportError("too-many-connections", `the lender answers ${maxCalls} calls at a time`, {
          temporary: true,
        });
      const args = new CallArguments(head["args"]);
      const lent = numberOf(head, "lent");
      if (head["verb"] === "release") this.#run(id, lent, this.#release(args));
      else this.#run(id, lent, this.#serve(this.#callFrom(id, lent, head, args, body)));
    } catch (error) {
      this.#send({ say: "failed", id, error: sayError(error) });
    }
  }

  #callFrom(id: number, lent: number, head: Head, args: CallArguments, body: Buffer | undefined): ServedCall {
    const { verb, path } = head;
    if (!isServedVerb(verb)) throw new TransportError("unsupported", "the lender knows no such verb");
    const base = this.#bases[lent];
    if (base === undefined) throw new TransportError("outside-base", `nothing is lent as number ${lent}`);
    const asked = { id, verb, transport: base.transport, path: checkLentPath(path), args, body };
    const call = new ServedCall(asked, {
      send: (answer, content) => this.#send(answer, content),
      drained: () => this.#channel.drained(),
      uploadBytes: this.#calls.size < usualUploads ? usualUploadBytes : leastUploadBytes,
    });
    this.counts.bytesWritten += body?.length ?? 0;
    this.#calls.set(id, call);
    return call;
  }

  async #serve(call: ServedCall): Promise<unknown> {
    const { id, verb } = call;
    try {
      const value = await servedVerbs[verb](call);
      if (verb !== "lock") return value;
      this.#locks.set(id, value as Lock);
      return undefined;
    } finally {
      this.#calls.delete(id);
    }
  }

  /** One that could not be given back may be given back later. */
  async #release(args: CallArguments): Promise<void> {
    const id = args.count("lock") ?? 0;
    await this.#locks.get(id)?.release();
    this.#locks.delete(id);
  }

  #run(id: number, lent: number, work: Promise<unknown>): void {
    const answered = work.then(
      (value) => {
        this.#tellNews(lent);
        this.#send({ say: "done", id, value });
      },
      (error: unknown) => {
        this.#tellNews(lent);
        this.#send({ say: "failed", id, error: sayError(error) });
      },
    );
    const running = answered.finally(() => {
      this.#running.delete(running);
      this.#channel.hold(this.#running.size > 0);
    });
    this.#running.add(running);
    this.#channel.hold(true);
  }

  /** What a server can do is learnt by connecting: borrowers know it before they know what became of their call. */
  #tellNews(lent: number): void {
    const capabilities = this.#bases[lent]?.news();
    if (capabilities !== undefined) this.#send({ say: "capabilities", lent, capabilities });
  }

  #send(answer: Answer, body?: Uint8Array): void {
    this.counts.bytesRead += body?.length ?? 0;
    this.#channel.send(answer, body);
  }

  /** The borrower has gone: nothing of it stays. */
  #stop(reason: TransportError): void {
    this.#reason = reason;
    for (const call of this.#calls.values()) call.abort();
    void this.#cleanUp().then(this.#settle);
  }

  async #cleanUp(): Promise<void> {
    // A lock may be what one of them ends with.
    while (this.#running.size > 0) await Promise.all(this.#running);
    const locks = [...this.#locks.values()];
    this.#locks.clear();
    // Whoever wants one of these next is told who has it.
    await Promise.allSettled(locks.map((lock) => lock.release()));
  }
}

function numberOf(head: Head, name: string): number {
  const value = head[name];
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw notAFrame(`its ${name} is no number`);
}
