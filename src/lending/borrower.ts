import { whenAborted } from "../connection/abort.ts";
import { systemClock } from "../connection/clock.ts";
import { connectTimeoutMs } from "../connection/defaults.ts";
import type { Deferred } from "../connection/deferred.ts";
import { deferred } from "../connection/deferred.ts";
import { TransportError, isTransportError } from "../errors/transport-error.ts";
import type { Capabilities } from "../transport/capabilities.ts";
import { Flow } from "../transport/flow.ts";
import type { Operation } from "../transport/operation.ts";
import { throwIfAborted } from "../transport/operation.ts";
import type { FrameChannel, LendingChannel } from "./frame-channel.ts";
import { openChannel } from "./frame-channel.ts";
import type { Frame } from "./frame.ts";
import { notAFrame } from "./frame.ts";
import type { Answer, Asking, LentBase } from "./messages.ts";
import { hearError, protocolVersion } from "./messages.ts";
import type { CallListener } from "./open-call.ts";
import { OpenCall } from "./open-call.ts";

/** What a call asks for. */
export type Call = Omit<Extract<Asking, { say: "call" }>, "say" | "id"> & {
  /** Content that goes with it. */
  readonly body?: Uint8Array;
};

/** Calls that are not answered yet, beside streams: what is more waits here and not with the lender. */
const maxFiles = 1_024;

/** The borrowing side of a channel. */
export class Borrower {
  readonly #channel: FrameChannel;
  readonly #calls = new Map<number, OpenCall>();
  readonly #flow = new Flow({ maxFiles });
  readonly #hello: Deferred<readonly LentBase[]> = deferred<readonly LentBase[]>();
  #capabilities: Capabilities[] = [];
  #lastId = 0;
  #held = 0;
  #ended: TransportError | undefined;

  constructor(channel: LendingChannel) {
    this.#channel = openChannel(channel, {
      frame: (frame) => this.#hear(frame),
      ended: (reason) => this.#end(reason),
    });
  }

  /**
   * What is lent, once the lender has said so.
   *
   * @throws TransportError `connection-failed` where nobody lends at the other end, `protocol-error` where what comes is something else
   */
  async lent(): Promise<readonly LentBase[]> {
    const silent = (): void =>
      this.#channel.end(
        new TransportError("connection-failed", "nobody lends anything at the other end of the channel"),
      );
    const timer = systemClock.timeout(connectTimeoutMs, silent);
    this.#hold(true);
    try {
      return await this.#hello.promise;
    } finally {
      timer.cancel();
      this.#hold(false);
    }
  }

  /** What a lent directory's server can do, as far as it is known. */
  capabilities(lent: number): Capabilities {
    return this.#capabilities[lent] as Capabilities;
  }

  /** Makes a call and waits for its answer, in the order of the calls where there are many. */
  ask(call: Call, operation: Operation): Promise<unknown> {
    return this.#flow.run(call.body?.length ?? 0, true, () => this.askAtOnce(call, operation));
  }

  /** As `ask`, for what may take as long as it likes. */
  async askAtOnce(call: Call, operation: Operation): Promise<unknown> {
    throwIfAborted(operation);
    return await this.answerTo(this.open(call), operation);
  }

  /** Waits for an answer; the call is given up with its operation. */
  async answerTo(call: OpenCall, { signal }: Operation): Promise<unknown> {
    const stopListening = whenAborted(signal, () => call.abort());
    try {
      return await call.answer;
    } catch (error) {
      if (isTransportError(error, "aborted") && signal?.aborted === true) throw error.with({ cause: signal.reason });
      throw error;
    } finally {
      stopListening();
    }
  }

  /** @throws TransportError `connection-lost` where the lender has gone */
  open({ body, ...call }: Call, listener: CallListener = {}): OpenCall {
    if (this.#ended !== undefined) throw this.#ended;
    const id = ++this.#lastId;
    const send = (asking: Asking, content?: Uint8Array): void => this.#channel.send(asking, content);
    const open = new OpenCall(id, listener, send, (held) => this.#hold(held));
    this.#calls.set(id, open);
    send({ say: "call", id, ...call }, body);
    return open;
  }

  close(): void {
    this.#channel.end(new TransportError("closed", "what was borrowed has been given back"));
  }

  #hear({ head, body }: Frame): void {
    // What the lender says is believed: it is who has the credentials.
    const answer = head as unknown as Answer;
    if (answer.say === "hello") return this.#greet(answer);
    if (answer.say === "capabilities") return void (this.#capabilities[answer.lent] = answer.capabilities);
    const call = this.#calls.get(answer.id);
    // Something that was on its way when its call was answered.
    if (call === undefined) return;
    const { listener } = call;
    switch (answer.say) {
      case "opened":
        return listener.opened?.(answer.bytes);
      case "more":
        return listener.more?.(answer.bytes);
      case "data":
        return listener.data?.(body ?? Buffer.alloc(0));
      case "entries":
        return listener.entries?.(answer.entries);
      case "done":
        this.#calls.delete(answer.id);
        return call.done(answer.value);
      case "failed":
        this.#calls.delete(answer.id);
        return call.failed(hearError(answer.error));
      default:
        throw notAFrame("it says nothing that is known");
    }
  }

  #greet({ version, lent }: Extract<Answer, { say: "hello" }>): void {
    if (version !== protocolVersion)
      throw new TransportError("protocol-error", "the lender is of another version of samewire", {
        hint: "Use the same version on both sides",
      });
    this.#capabilities = lent.map(({ capabilities }) => capabilities);
    this.#hello.resolve(lent);
  }

  #end(reason: TransportError): void {
    const { code, reason: why, cause } = reason;
    // To whoever uses it a broken channel is a lost connection, whatever broke it.
    this.#ended =
      code === "closed" ? reason : new TransportError("connection-lost", `the lender is gone: ${why}`, { cause });
    this.#hello.reject(reason);
    this.#hello.promise.catch(() => undefined);
    const lost = this.#ended.with({ effect: "unknown" });
    for (const call of this.#calls.values()) call.failed(lost);
    this.#calls.clear();
  }

  #hold(held: boolean): void {
    this.#held += held ? 1 : -1;
    this.#channel.hold(this.#held > 0);
  }
}
