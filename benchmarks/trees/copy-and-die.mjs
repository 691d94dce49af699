// Copies a tree to a server through the built package, in a process of its own that kills itself on the way. Its argument is JSON: see `Attempt` in
// killed-copies.ts, which starts it; where it lives to the end, its output is the report.
import { getTransport, copyTree, sync } from "samewire";

const { source, url, options, first, maxFiles, dieAfter } = JSON.parse(process.argv[2]);

let done = 0;
function onDone() {
  done++;
  if (dieAfter !== undefined && done === dieAfter.deeds)
    setTimeout(() => process.kill(process.pid, "SIGKILL"), dieAfter.moreMs);
}

const [from, to] = [getTransport(source), getTransport(url, undefined, options)];
const settings = { limits: { maxFiles }, preserve: { mode: false, mtime: true }, onDone };
const { failures, ...counts } = await (first ? copyTree : sync)(from, to, settings);
for (const { error } of failures) throw error;
await to.disconnect();
process.stdout.write(JSON.stringify(counts));
