// A program of its own, so that it passes bytes on while the clients that are measured are busy: adds a delay each way before a server, until its input ends.
// See `openEntrance`, which is told the port by a line.
import { finished } from "node:stream/promises";

import { startTap } from "samewire/testing";

const [port, delayMs] = process.argv.slice(2).map(Number);
await using tap = await startTap({ port: Number(port) });
tap.delay(Number(delayMs));
process.stdout.write(`${tap.port}\n`);
await finished(process.stdin.resume());
