// Serves a directory through the built package, in a process of its own that watches its memory. Its argument is JSON: see `gateway.ts`, which starts it. The first line
// of its output says where it listens; a line on its input begins the watch, the end of its input ends it, and the last line of its output is what it saw.
import { createInterface } from "node:readline";

import { TransportScope, serve } from "samewire";

const { url, options } = JSON.parse(process.argv[2]);
const scope = new TransportScope();
const transport = scope.getTransport(url, options);
const gateway = await serve(transport);
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
say({ url: gateway.url });

let before = 0;
let peak = 0;
const look = () => (peak = Math.max(peak, process.memoryUsage.rss()));
for await (const _ of createInterface({ input: process.stdin })) {
  globalThis.gc?.();
  before = peak = process.memoryUsage.rss();
  setInterval(look, 20).unref();
}
look();
const { wiresOpened } = transport.connectionReport();
await gateway.close();
await scope.close();
say({ beforeBytes: before, peakBytes: peak, wiresOpened });
