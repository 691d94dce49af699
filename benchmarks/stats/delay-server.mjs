// Adds a delay each way before a server on this machine, in a process of its own, until its input ends. Its arguments are the server's port and the delay in
// milliseconds; its output is the port where clients connect. See delayed-server.ts, which starts it.
import { once } from "node:events";

import { startTap } from "samewire/testing";

const [port, delayMs] = process.argv.slice(2).map(Number);
const tap = await startTap({ port });
tap.delay(delayMs);
process.stdout.write(`${tap.port}\n`);
await once(process.stdin.resume(), "end");
await tap.close();
