import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { ConnectionEvents, ScopeReport } from "samewire";
import { TransportScope } from "samewire";

/** What OpenTelemetry's `Meter` has; any other metrics library is as easily put here. */
export interface Meter {
  createCounter(name: string): { add(value: number, attributes?: Record<string, string>): void };
  createHistogram(
    name: string,
    options?: { unit?: string },
  ): {
    record(value: number, attributes?: Record<string, string>): void;
  };
}

/** Counts what happens on every connection of this process, until it is disposed of. Labels hold no password: `sftp://joe@example.com`. */
export function measureConnections(meter: Meter): Disposable {
  const opened = meter.createCounter("samewire.wires.opened");
  const lost = meter.createCounter("samewire.wires.lost");
  const refused = meter.createCounter("samewire.wires.refused");
  const spurious = meter.createCounter("samewire.wires.spurious");
  const connecting = meter.createHistogram("samewire.connect", { unit: "ms" });
  const listeners = [
    on("samewire:wire:open", ({ label, connectMs }) => {
      opened.add(1, { label });
      connecting.record(connectMs, { label });
    }),
    on("samewire:wire:lost", ({ label, code }) => lost.add(1, { label, code })),
    on("samewire:wire:refused", ({ label, code }) => refused.add(1, { label, code })),
    on("samewire:wire:spurious", ({ label }) => spurious.add(1, { label })),
  ];
  return {
    [Symbol.dispose](): void {
      for (const stop of listeners) stop();
    },
  };
}

function on<Name extends keyof ConnectionEvents>(
  name: Name,
  told: (event: ConnectionEvents[Name]) => void,
): () => void {
  const listener = (message: unknown): void => told(message as ConnectionEvents[Name]);
  subscribe(name, listener);
  return () => void unsubscribe(name, listener);
}

/** A service that runs for months: one scope, in which connections are opened when they are needed, closed when they idle, and bounded in number. */
export class FileService implements AsyncDisposable {
  readonly #scope = new TransportScope({ maxConnections: 32 });

  /** One request. What is called below needs no list: inside `run` every `getTransport` uses the scope. */
  handle<T>(work: () => Promise<T>): Promise<T> {
    return this.#scope.run(work);
  }

  /** For a page that tells how it goes: every connection, who asked for it, what it carried. */
  health(): ScopeReport {
    return this.#scope.report();
  }

  /** Lets what is under way come to its end, for some seconds. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope.close();
  }
}
