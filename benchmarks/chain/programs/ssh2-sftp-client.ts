import { readFile } from "node:fs/promises";
import { posix } from "node:path";

import Client from "ssh2-sftp-client";

import type { ChainJob, ChainServer, ChainStep } from "../steps.ts";

/** A client for each step, as its README shows it. */
export async function ssh2SftpClient({ servers, steps }: ChainJob): Promise<readonly string[]> {
  const found: string[] = [];
  for (const step of steps) found.push(...(await take(step, servers[step.server])));
  return found;
}

async function take(
  { action, path, content = "" }: ChainStep,
  { url, identityFile }: ChainServer,
): Promise<readonly string[]> {
  const { hostname, port, username, pathname } = new URL(url);
  const there = posix.join(pathname, path);
  const client = new Client();
  await client.connect({ host: hostname, port: Number(port), username, privateKey: await readFile(identityFile) });
  try {
    if (action === "read") return [((await client.get(there)) as Buffer).toString()];
    if (action === "mkdir") await client.mkdir(there);
    if (action === "write") await client.put(Buffer.from(content), there);
    if (action !== "list") return [];
    const names = (await client.list(there)).map(({ name }) => name);
    return [names.toSorted().join(",")];
  } finally {
    await client.end();
  }
}
