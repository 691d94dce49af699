// A client in a process that has never connected: `node main.js <client>`, with a job on standard input. Packages are loaded before the time that it says
// begins.
import { text } from "node:stream/consumers";

import type { Ask, StatAnswer, StatJob } from "./stat-job.ts";

const clients: Readonly<Record<string, (job: StatJob) => Promise<Ask>>> = {
  "basic-ftp": async () => (await import("./ask-basic-ftp.ts")).askBasicFtp,
  samewire: async ({ destination }) => {
    await (await import("../../peers/programs/load-drivers.ts")).loadDrivers(destination);
    return (await import("./ask-samewire.ts")).askSamewire;
  },
  ssh2: async () => (await import("./ask-ssh2.ts")).askSsh2,
  undici: async () => (await import("./ask-undici.ts")).askUndici,
};

const job = JSON.parse(await text(process.stdin)) as StatJob;
const load = clients[process.argv[2] ?? ""];
if (load === undefined) throw new RangeError(`the clients are ${Object.keys(clients).join(", ")}`);
const ask = await load(job);
const start = performance.now();
const end = await ask(job);
const answer: StatAnswer = { ms: performance.now() - start };
await end();
process.stdout.write(JSON.stringify(answer));
