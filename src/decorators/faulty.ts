import { Readable, Writable } from "node:stream";

import { TransportError } from "../errors/transport-error.ts";
import type { Decorator } from "../transport/scheme.ts";
import { TransportDecorator } from "../transport/transport-decorator.ts";
import type { Transport } from "../transport/transport.ts";
import type { Verb } from "../transport/verbs.ts";
import { isChanging } from "../transport/verbs.ts";

/** One call of a verb, as a plan of faults is asked about it. */
export interface PlannedCall {
  /** As it was called. */
  readonly verb: Verb;
  /** As the caller gave it. */
  readonly path: string;
  /** Counts all calls on this transport and on all that were made from it, from 1. */
  readonly call: number;
}

/**
 * What goes wrong: nothing (undefined); `before`: the call fails and nothing has happened; `after`: it is carried out, and then fails as if the answer had been
 * lost, so that its effect is unknown; or an error of one's own, instead of the call.
 */
export type Fault = "before" | "after" | TransportError | undefined;

/** `faulty+`, for tests: fails where a plan says so. Transparent. */
class FaultyTransport extends TransportDecorator {
  readonly prefix = "faulty";
  readonly boundary = false;
  readonly #plan: (call: PlannedCall) => Fault;
  readonly #count: { calls: number };

  constructor(inner: Transport, plan: (call: PlannedCall) => Fault, count: { calls: number } = { calls: 0 }) {
    super(inner);
    this.#plan = plan;
    this.#count = count;
  }

  protected around(inner: Transport): FaultyTransport {
    return new FaultyTransport(inner, this.#plan, this.#count);
  }

  protected override async ask<T>(verb: Verb, path: string, work: () => Promise<T>): Promise<T> {
    const fault = this.#next(verb, path);
    if (fault === undefined) return await work();
    if (fault === "after") {
      const answer = await work();
      // Nobody gets it who could close it.
      if (answer instanceof Readable || answer instanceof Writable) answer.on("error", () => undefined).destroy();
    }
    throw this.#error(fault, verb, path);
  }

  protected override async *stream<T>(verb: Verb, path: string, work: () => AsyncIterable<T>): AsyncGenerator<T> {
    const fault = this.#next(verb, path);
    if (fault === undefined || fault === "after") yield* work();
    if (fault !== undefined) throw this.#error(fault, verb, path);
  }

  #next(verb: Verb, path: string): Fault {
    return this.#plan({ verb, path, call: ++this.#count.calls });
  }

  #error(fault: Exclude<Fault, undefined>, operation: Verb, path: string): TransportError {
    if (fault instanceof TransportError) return fault;
    const effect = fault === "after" && isChanging(operation) ? "unknown" : "none";
    const { redactedUrl: url } = this.location;
    const details = { operation, url, path, effect, temporary: true } as const;
    return new TransportError("connection-lost", "the connection was lost, as it was planned", details);
  }
}

/** What a prefix plans, which has no place for a plan. */
const everyTenth = ({ call }: PlannedCall): Fault => (call % 10 === 0 ? "before" : undefined);

/** For tests: a transport that fails where `plan` says so, to see what a program makes of it. */
export function faulty(transport: Transport, plan: (call: PlannedCall) => Fault = everyTenth): Transport {
  return new FaultyTransport(transport, plan);
}

/** With a prefix every tenth call fails before it is carried out. */
export const faultyDecorator: Decorator = { name: "faulty", wrap: (inner) => faulty(inner) };
