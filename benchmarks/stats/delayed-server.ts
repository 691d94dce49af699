import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import type { Entrance } from "../sites/entrance.ts";

const program = join(
  dirname(createRequire(import.meta.url).resolve("samewire/package.json")),
  "benchmarks/stats/delay-server.mjs",
);

/**
 * The way to the server on a port of this machine, through a delay each way, or straight where it is 0. A process of its own passes the bytes on: that of the
 * clients has other things to do while thousands of questions are asked at once, in which a server far away begins to answer.
 */
export async function openDelayed(port: number, delayMs: number): Promise<Entrance> {
  if (delayMs === 0) return { port, [Symbol.asyncDispose]: () => Promise.resolve() };
  const child = spawn(process.execPath, [program, String(port), String(delayMs)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  const said = await Promise.race([once(child.stdout, "data"), closed.then(() => undefined)]);
  if (said === undefined) throw new Error("the process that makes the delay ended");
  return {
    port: Number(said[0]),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await closed;
    },
  };
}
