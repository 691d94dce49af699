import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Where clients connect to reach a server: its own port, or one that adds a delay each way. */
export interface Entrance extends AsyncDisposable {
  readonly port: number;
}

/** The way to the server on a port of this machine, through a delay each way, or straight where it is 0. */
export async function openEntrance(port: number, delayMs: number): Promise<Entrance> {
  if (delayMs === 0) return { port, [Symbol.asyncDispose]: () => Promise.resolve() };
  const program = fileURLToPath(new URL("delayed-entrance.js", import.meta.url));
  const child = spawn(process.execPath, [program, String(port), String(delayMs)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  for await (const line of createInterface({ input: child.stdout })) {
    return {
      port: Number(line),
      async [Symbol.asyncDispose]() {
        child.stdin.end();
        await closed;
      },
    };
  }
  throw new Error("the process that makes the delay ended");
}
