import { channel } from "node:diagnostics_channel";

import { toTransportError } from "../errors/transport-error.ts";
import type { Decorator } from "../transport/scheme.ts";
import type { Transport } from "../transport/transport.ts";
import type { Verb } from "../transport/verbs.ts";
import { RecordingDecorator } from "./recording.ts";

/** One call of a verb, as `trace+` saw it. */
export interface TracedCall {
  /** As it was called. */
  readonly verb: Verb;
  /** The normalised URL, without a password or the values of a query. */
  readonly url: string;
  /** The path as the caller gave it. */
  readonly path: string;
  /** From the call to its answer, or to the end of the iteration. */
  readonly durationMs: number;
  /** The error's code where it failed. */
  readonly code?: string;
}

const traced = channel("samewire:transport:trace");

/** Calls that are kept; older ones are forgotten, so that tracing a long run costs no more memory. */
const maxKeptCalls = 10_000;

/** `trace+`: records every verb, in `calls` and on the diagnostics channel `samewire:transport:trace`. Transparent. */
export class TraceTransport extends RecordingDecorator {
  readonly prefix = "trace";
  readonly boundary = false;
  /** The latest calls on this transport and on all that were made from it, in the order of their answers. */
  readonly calls: TracedCall[];

  constructor(inner: Transport, calls: TracedCall[] = []) {
    super(inner);
    this.calls = calls;
  }

  protected around(inner: Transport): TraceTransport {
    return new TraceTransport(inner, this.calls);
  }

  protected record(verb: Verb, path: string, durationMs: number, failure?: unknown): void {
    const call: TracedCall = { verb, url: this.location.redactedUrl, path, durationMs };
    const complete = failure === undefined ? call : { ...call, code: toTransportError(failure).code };
    if (this.calls.length >= maxKeptCalls) this.calls.shift();
    this.calls.push(complete);
    traced.publish(complete);
  }
}

export const traceDecorator: Decorator = { name: "trace", wrap: (inner) => new TraceTransport(inner) };
