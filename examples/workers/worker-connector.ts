import { spawn } from "node:child_process";
import { once } from "node:events";

import type { TransportError } from "samewire";
import type { Connector } from "samewire/extend";

import { WorkerProcess } from "./worker-process.ts";

export interface WorkerProgram {
  /** The program, then its arguments. No shell reads them. */
  readonly command: readonly [string, ...string[]];
  /** Requests that one process has in flight. */
  readonly inFlight: number;
}

/** How processes of a program are started, asked whether they live, and ended. */
export function workerConnector({ command: [program, ...args], inFlight }: WorkerProgram): Connector<WorkerProcess> {
  return {
    label: `worker:${[program, ...args].join(" ")}`,
    leasesPerWire: inFlight,
    async open({ signal, enter, lost }) {
      enter("connect");
      let working = false;
      const worker = new WorkerProcess(
        spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] }),
        (reason) => working && lost(reason),
      );
      const abort = (): void => worker.end(signal.reason as TransportError);
      signal.addEventListener("abort", abort);
      try {
        await worker.ready;
      } finally {
        signal.removeEventListener("abort", abort);
      }
      working = true;
      return worker;
    },
    async check(worker) {
      await worker.call("ping", undefined);
    },
    async close({ child }) {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
    destroy: (worker, reason) => worker.end(reason),
    hold: (worker, held) => worker.hold(held),
    traffic: ({ bytesSent, bytesReceived }) => ({ bytesSent, bytesReceived }),
  };
}
