// Syncs a tree of this machine to a server through the built package, in a process of its own that watches its memory and counts what it asks. Its argument is
// JSON: see `Syncing` in unchanged.ts, which starts it; its output is what it saw.
import { subscribe } from "node:diagnostics_channel";

import { getTransport, sync } from "samewire";

const { source, url, options } = JSON.parse(process.argv[2]);

const calls = {};
subscribe("samewire:transport:trace", ({ verb }) => (calls[verb] = (calls[verb] ?? 0) + 1));

const target = getTransport(`trace+${url}`, undefined, options);
await target.createPrefix();
for (const verb of Object.keys(calls)) delete calls[verb];

const beforeBytes = process.memoryUsage.rss();
let peakBytes = beforeBytes;
const watch = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss())), 10);
const start = performance.now();
const { failures, files, unchanged } = await sync(getTransport(source), target, { preserve: { mode: false } });
const ms = performance.now() - start;
clearInterval(watch);
for (const { error } of failures) throw error;
await target.disconnect();
process.stdout.write(JSON.stringify({ ms, files, unchanged, calls, beforeBytes, peakBytes }));
