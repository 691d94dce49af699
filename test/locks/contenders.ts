import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

import { root } from "../process/built-package.ts";
import type { LockSite } from "./lock-site.ts";

/** What every program begins with. */
const opening = `
  import { appendFileSync } from "node:fs";
  import { getTransport } from "samewire";
  const { url, options, rounds, log } = JSON.parse(process.argv[1]);
  const transport = getTransport(url, undefined, options);
`;

/** Counts in a file that every process reads and writes, and says in another one when it is alone with it. */
const counting = `${opening}
  for (let round = 0; round < rounds; round++) {
    const lock = await transport.lock("shared", { waitMs: 60_000 });
    appendFileSync(log, \`enter \${process.pid}\\n\`);
    const count = Number(await transport.getBytes("counter"));
    await transport.put("counter", String(count + 1), { atomic: false });
    appendFileSync(log, \`leave \${process.pid}\\n\`);
    await lock.release();
  }
  await transport.disconnect();
`;

/** Takes the lock, says so, and does nothing more. */
const holding = `${opening}
  await transport.lock("shared");
  console.log("held");
  setInterval(() => undefined, 1_000);
`;

/** Takes the lock and gives it back, as fast as it can, until it is killed. */
const looping = `${opening}
  console.log("begun");
  for (;;) await (await transport.lock("shared", { waitMs: 10_000 })).release();
`;

/** Processes of their own that want one lock. They import the package as it was built for the test. */
export class Contenders {
  readonly #site: LockSite;

  constructor(site: LockSite) {
    this.#site = site;
  }

  /** Resolves once as many processes have counted as often; rejects with what one of them said where it failed. */
  async count(processes: number, rounds: number, log: string): Promise<void> {
    const children = Array.from({ length: processes }, () => this.#start(counting, { rounds, log }));
    const ends = children.map(async (child) => {
      const [said, [code]] = await Promise.all([text(child.stderr as NodeJS.ReadableStream), once(child, "exit")]);
      if (code !== 0) throw new Error(`a contender ended with ${String(code)}: ${said}`);
    });
    const failed = (await Promise.allSettled(ends)).find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** The number of a process that took the lock and was killed; resolves when it is gone. */
  async killedHolder(): Promise<number> {
    const child = this.#start(holding);
    return await killed(child);
  }

  /** A process is killed while it takes the lock and gives it back, some time after it has begun. */
  async killedLooper(afterMs: number): Promise<number> {
    const child = this.#start(looping);
    return await killed(child, afterMs);
  }

  #start(program: string, more: object = {}): ChildProcess {
    const { url, options } = this.#site;
    const given = JSON.stringify({ url, options, ...more });
    return spawn(process.execPath, ["--input-type=module", "--eval", program, given], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }
}

async function killed(child: ChildProcess, afterMs = 0): Promise<number> {
  const said = text(child.stderr as NodeJS.ReadableStream);
  const exit = once(child, "exit");
  const spoke = await Promise.race([once(child.stdout as NodeJS.ReadableStream, "data"), exit.then(() => undefined)]);
  if (spoke === undefined) throw new Error(`it ended by itself: ${await said}`);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill("SIGKILL");
  await exit;
  return child.pid as number;
}
