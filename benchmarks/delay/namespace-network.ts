import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";

import type { Network } from "./network.ts";

/** The programs are compiled elsewhere; what is written in Python is where it was written. */
const script = join(
  dirname(createRequire(import.meta.url).resolve("samewire/package.json")),
  "benchmarks/delay/delay-line.py",
);

/** Whether this process may make network namespaces and devices. What else is missing shows when it is tried. */
export function mayMakeNamespaces(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return false;
  }
}

/**
 * A network namespace for clients, from which 127.0.0.1 is this machine's, over a link with a delay: the kernel's own TCP on both sides, handshakes and
 * slow starts included. Ports are the same on both. Rejects with what is missing.
 */
export async function startNamespaceNetwork(roundTripMs: number): Promise<Network> {
  const child = spawn("python3", [script, String(roundTripMs / 2)], { stdio: ["pipe", "pipe", "pipe"] });
  const closed = once(child, "close");
  const complaint = text(child.stderr);
  const started = await Promise.race([
    once(child.stdout, "data").then(([line]) => String(line).trim()),
    closed.then(() => undefined),
  ]);
  if (started === undefined) throw new Error(`a network namespace cannot be made: ${await complaint}`);
  return {
    how: "network namespaces and a delay line between TUN devices",
    roundTripMs,
    wrap: (words) => ["nsenter", `--net=${started}`, "--", ...words],
    entrance: (port) => Promise.resolve(port),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await closed;
    },
  };
}
