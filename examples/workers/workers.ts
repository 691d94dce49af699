import type { ConnectionPolicy } from "samewire/extend";
import { SharedConnection, connectionPolicy } from "samewire/extend";

import type { WorkerProgram } from "./worker-connector.ts";
import { workerConnector } from "./worker-connector.ts";
import type { WorkerProcess } from "./worker-process.ts";

export interface WorkersOptions extends WorkerProgram {
  /** Processes at most. */
  readonly processes: number;
  /** Limits that are other than the defaults. */
  readonly limits?: Partial<ConnectionPolicy>;
}

/** Processes of one program that work side by side. They are started when there is work, replaced when they die, and ended when there is none. */
export class Workers implements AsyncDisposable {
  readonly #connection: SharedConnection<WorkerProcess>;

  constructor({ processes, limits = {}, ...program }: WorkersOptions) {
    const connector = workerConnector(program);
    this.#connection = new SharedConnection({
      connector,
      key: { endpoint: connector.label, identity: new Map() },
      policy: connectionPolicy({ ...limits, connections: processes }),
    });
  }

  /** Has a worker do something. `repeatable`: by another one, too, where the first one died over it. */
  async call(method: string, params?: unknown, { repeatable = false } = {}): Promise<unknown> {
    return await this.#connection.use({ operation: method, repeatable }, (worker) => worker.call(method, params));
  }

  report(): ReturnType<SharedConnection<WorkerProcess>["report"]> {
    return this.#connection.report();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }
}
