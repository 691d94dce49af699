// A client written in JavaScript, in a process of its own: `node main.js <client>`, with a job on standard input. What it says that it took begins with the
// first call: Node's start and the loading of packages, which every program has once, are before it.
import { text } from "node:stream/consumers";

import type { Job, JobAnswer, Work } from "./job.ts";

const clients: Readonly<Record<string, (job: Job) => Promise<Work>>> = {
  "bare-fetch": async () => (await import("./bare-fetch.ts")).bareFetch,
  "bare-ssh2": async () => (await import("./bare-ssh2.ts")).bareSsh2,
  "bare-ssh2-file": async () => (await import("./bare-ssh2-file.ts")).bareSsh2File,
  "bare-undici": async () => (await import("./bare-undici.ts")).bareUndici,
  "basic-ftp": async () => (await import("./basic-ftp.ts")).basicFtp,
  samewire: async ({ destination }) => {
    await (await import("./load-drivers.ts")).loadDrivers(destination);
    return (await import("./samewire.ts")).samewire;
  },
  "ssh2-sftp-client": async () => (await import("./ssh2-sftp-client.ts")).ssh2SftpClient,
  webdav: async () => (await import("./webdav.ts")).webdav,
};

const job = JSON.parse(await text(process.stdin)) as Job;
const load = clients[process.argv[2] ?? ""];
if (load === undefined) throw new RangeError(`the clients are ${Object.keys(clients).join(", ")}`);
const work = await load(job);
const start = performance.now();
await work(job);
const answer: JobAnswer = { ms: performance.now() - start };
process.stdout.write(JSON.stringify(answer));
