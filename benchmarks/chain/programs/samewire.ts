import { posix } from "node:path";

import { TransportScope, getTransport, isTransportError } from "samewire";
import type { TransportOptions } from "samewire";

import type { ChainJob, ChainServer, ChainStep } from "../steps.ts";

/** Each step knows its URL and nothing of the others; the scope that they run in holds one wire for each server. */
export async function samewire({ servers, steps }: ChainJob): Promise<readonly string[]> {
  await using scope = new TransportScope();
  return await scope.run(async () => {
    const found: string[] = [];
    for (const step of steps) found.push(...(await take(step, servers[step.server])));
    return found;
  });
}

async function take({ action, path, content = "" }: ChainStep, server: ChainServer): Promise<readonly string[]> {
  const { dir, base: name } = posix.parse(path);
  await using transport = getTransport(server.url + dir, undefined, optionsFor(server));
  if (action === "read") return [String(await transport.getBytes(name))];
  if (action === "mkdir") await transport.mkdir(name);
  if (action === "write") await transport.put(name, content);
  if (action !== "list") return [];
  const names: string[] = [];
  for await (const entry of transport.list(name)) names.push(entry.name);
  return [names.toSorted().join(",")];
}

function optionsFor({ identityFile, hostKeyFingerprint }: ChainServer): TransportOptions {
  return { ssh: { config: null, agent: null, identityFile, hostKeyFingerprints: [hostKeyFingerprint] } };
}

/** What is loaded at the first need of it is loaded by asking where nobody listens. */
export async function load({ servers: [server] }: ChainJob): Promise<void> {
  await using nowhere = getTransport(server.url.replace(/:[0-9]+\//, ":1/"), undefined, optionsFor(server));
  try {
    await nowhere.stat("");
  } catch (error) {
    if (!isTransportError(error, "connection-failed")) throw error;
  }
}
