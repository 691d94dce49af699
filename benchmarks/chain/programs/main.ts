// A client written in JavaScript, in a process of its own: `node main.js <client>`, with a job on standard input.
import { text } from "node:stream/consumers";

import type { ChainAnswer, ChainJob } from "../steps.ts";

type Work = (job: ChainJob) => Promise<readonly string[]>;

const clients: Readonly<Record<string, (job: ChainJob) => Promise<Work>>> = {
  samewire: async (job) => {
    const { load, samewire } = await import("./samewire.ts");
    await load(job);
    return samewire;
  },
  "ssh2-sftp-client": async () => (await import("./ssh2-sftp-client.ts")).ssh2SftpClient,
};

const job = JSON.parse(await text(process.stdin)) as ChainJob;
const load = clients[process.argv[2] ?? ""];
if (load === undefined) throw new RangeError(`the clients are ${Object.keys(clients).join(", ")}`);
const work = await load(job);
const start = performance.now();
const found = await work(job);
const answer: ChainAnswer = { ms: performance.now() - start, found };
process.stdout.write(JSON.stringify(answer));
