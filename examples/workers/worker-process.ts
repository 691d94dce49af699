import type { ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";

import { TransportError } from "samewire";
import { toTransportError } from "samewire/extend";

/** Longer answers are none. */
const maxLineLength = 2 ** 24;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: TransportError) => void;
}

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly ready?: number;
}

/** A child process that is spoken to over its stdin and stdout, the wire of this protocol: any number of requests in flight, answered in any order. */
export class WorkerProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  /** Settles with its first word. */
  readonly ready: Promise<unknown>;
  bytesSent = 0;
  bytesReceived = 0;
  readonly #pending = new Map<number, Pending>();
  readonly #lost: (reason: TransportError) => void;
  #rest = "";
  #lastId = 0;
  #ended: TransportError | undefined;

  /** Takes over a process that was just started; `lost` is told once why it is of no use any more. */
  constructor(child: ChildProcessByStdio<Writable, Readable, null>, lost: (reason: TransportError) => void) {
    this.child = child;
    this.#lost = lost;
    this.ready = this.#await(0);
    // Whoever gives it up before it is ready does not wait for it.
    this.ready.catch(() => undefined);
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    child.stdin.on("error", (cause) => this.end(gone("the worker reads no more", cause)));
    child.on("error", (cause) => this.end(gone("the worker could not be started", cause)));
    child.on("exit", (code, signal) => this.end(gone(`the worker ended with ${signal ?? code}`)));
  }

  call(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = this.#await(id);
    const line = `${JSON.stringify({ id, method, params })}\n`;
    this.bytesSent += Buffer.byteLength(line);
    if (this.#ended === undefined) this.child.stdin.write(line);
    return answer;
  }

  /** Keeps the program alive, or does not. */
  hold(held: boolean): void {
    const { child } = this;
    for (const one of [child, child.stdin, child.stdout] as { ref?: () => void; unref?: () => void }[])
      if (held) one.ref?.();
      else one.unref?.();
  }

  end(reason: TransportError): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.child.kill("SIGKILL");
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    this.#lost(reason);
  }

  #await(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended === undefined) this.#pending.set(id, { resolve, reject });
      else reject(this.#ended);
    });
  }

  #hear(text: string): void {
    this.bytesReceived += Buffer.byteLength(text);
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    try {
      if (this.#rest.length > maxLineLength)
        throw new TransportError("protocol-error", "the worker's answer has no end");
      for (const line of lines) this.#take(line);
    } catch (error) {
      this.end(toTransportError(error));
    }
  }

  #take(line: string): void {
    const { id = 0, result, error, ready } = answerOf(line);
    const pending = this.#pending.get(id);
    if (pending === undefined) throw new TransportError("protocol-error", "the worker answers what was not asked");
    this.#pending.delete(id);
    if (error === undefined) pending.resolve(ready ?? result);
    else pending.reject(new TransportError("unexpected", `the worker says: ${error}`));
  }
}

function answerOf(line: string): Answer {
  try {
    return JSON.parse(line) as Answer;
  } catch (cause) {
    throw new TransportError("protocol-error", "what the worker says is no JSON", { cause });
  }
}

function gone(reason: string, cause?: unknown): TransportError {
  return new TransportError("connection-lost", reason, { temporary: true, cause });
}
