import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

import type { BorrowedTransports, TransportOptions } from "../../src/index.ts";
import { borrow } from "../../src/index.ts";
import type { BuiltCommand } from "../cli/built-command.ts";

/** The library as it was built with the command, for `import`. */
export function libraryOf({ main }: BuiltCommand): string {
  return pathToFileURL(join(dirname(main), "../index.js")).href;
}

export interface WhatIsLent {
  readonly url: string;
  readonly options: TransportOptions;
}

/** A process that lends over its stdin and stdout. */
export interface LenderProcess {
  readonly child: ChildProcess;
  readonly borrowed: BorrowedTransports;
  /** Gives back what was borrowed, upon which the process ends. */
  stop(): Promise<void>;
}

/** Starts a process that lends to this one. */
export async function startLender(built: BuiltCommand, lent: WhatIsLent): Promise<LenderProcess> {
  const program = `
    import { TransportScope, lend } from ${JSON.stringify(libraryOf(built))};
    const { url, options } = ${JSON.stringify(lent)};
    const scope = new TransportScope();
    const lending = lend(scope.getTransport(url, options), { readable: process.stdin, writable: process.stdout });
    const work = setInterval(() => undefined, 1_000);
    await lending.ended;
    await scope.close();
    clearInterval(work);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["pipe", "pipe", "inherit"],
    env: built.env,
  });
  const ended = once(child, "exit");
  const borrowed = await borrow({ readable: child.stdout, writable: child.stdin });
  return {
    child,
    borrowed,
    stop: async () => {
      await borrowed.close();
      await ended;
    },
  };
}
