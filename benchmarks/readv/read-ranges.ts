// A program of its own, so that it can run behind the delay: reads parts of a file with a client written in JavaScript, again and again on one
// connection. See `openChildReader`, which tells it what and when by lines on its standard input.
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

import type { ConnectConfig } from "ssh2";

import type { Destination } from "../peers/transfer.ts";
import { bareSsh2Name, openBareSsh2 } from "./bare-ssh2-reader.ts";
import type { ReadingJob } from "./node-peer.ts";
import type { RangeReader } from "./range-reader.ts";
import { openSamewire, samewireName } from "./samewire-reader.ts";
import { openUndici, undiciWays } from "./undici-reader.ts";

const tell = (facts: object): boolean => process.stdout.write(`${JSON.stringify(facts)}\n`);

async function open({ client, target, destination }: ReadingJob): Promise<RangeReader> {
  if (client === samewireName) return await openSamewire(target, destination.options);
  if (client === bareSsh2Name) return await openBareSsh2(target, await loginOf(destination));
  const way = undiciWays.find(({ name }) => name === client);
  if (way === undefined) throw new RangeError(`there is no client ${client}`);
  return await openUndici(target, way);
}

async function loginOf({ identityFile, password }: Destination): Promise<ConnectConfig> {
  if (identityFile !== undefined) return { privateKey: await readFile(identityFile) };
  return password === undefined ? {} : { password };
}

let reader: RangeReader | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  if (reader !== undefined) {
    tell(await reader.read());
    continue;
  }
  reader = await open(JSON.parse(line) as ReadingJob);
  tell({});
}
await reader?.[Symbol.asyncDispose]();
