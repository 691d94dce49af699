/**
 * Child processes as wires: work for a bounded number of processes, each with many requests in flight, which are started when there is work and end by
 * themselves: npm run example -- workers
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { Workers } from "./workers.ts";

const root = dirname(createRequire(import.meta.url).resolve("samewire/package.json"));
const program = join(root, "examples", "workers", "worker.mjs");
await using workers = new Workers({ command: [process.execPath, program], processes: 2, inFlight: 16 });

const texts = Array.from({ length: 500 }, (_, n) => `text ${n}`);
const digests = await Promise.all(texts.map((text) => workers.call("sha256", { text }, { repeatable: true })));
const pids = new Set(await Promise.all(texts.slice(0, 32).map(() => workers.call("sleep", { ms: 5 }))));

const { operations, wiresOpened } = workers.report();
console.log(`${operations} requests, ${new Set(digests).size} different digests`);
console.log(`${wiresOpened} processes started, ${pids.size} at work at once: ${operations - wiresOpened} starts saved`);
