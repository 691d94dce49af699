import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { Agent } from "node:http";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { FileStat, WebDAVClient } from "webdav";
import { createClient } from "webdav";

import { placeOf } from "../transfer.ts";
import { inFlight } from "./in-flight.ts";
import type { Job } from "./job.ts";
import { localTree } from "./local-tree.ts";

export interface WebdavSettings {
  readonly connections: number;
}

/** The package `webdav`, which has no call for trees: directories one after another, then as many files at a time as there are connections. */
export async function webdav({ transfer, destination, settings }: Job): Promise<void> {
  const { connections } = settings as unknown as WebdavSettings;
  const { action, what, local, remote } = transfer;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const client = createClient(placeOf(destination).url(), { httpAgent: agent });
  const there = `/${remote}`;
  try {
    if (what === "file") {
      if (action === "put") await client.putFileContents(there, createReadStream(local));
      else await pipeline(client.createReadStream(there) as Readable, createWriteStream(local));
    } else {
      await (action === "put" ? putTree : getTree)(client, local, there, connections);
    }
  } finally {
    agent.destroy();
  }
}

async function putTree(client: WebDAVClient, local: string, there: string, connections: number): Promise<void> {
  const { directories, files } = await localTree(local);
  for (const path of ["", ...directories]) await client.createDirectory(join(there, path));
  await inFlight(connections, files, async (path) => {
    if (!(await client.putFileContents(join(there, path), await readFile(join(local, path))))) throw new Error(path);
  });
}

async function getTree(client: WebDAVClient, local: string, there: string, connections: number): Promise<void> {
  const files: string[] = [];
  const list = async (path: string): Promise<void> => {
    await mkdir(join(local, path), { recursive: true });
    const entries = (await client.getDirectoryContents(join(there, path))) as FileStat[];
    const at = (entry: FileStat): string => join(path, entry.basename);
    files.push(...entries.filter(({ type }) => type === "file").map(at));
    await Promise.all(entries.filter(({ type }) => type === "directory").map((entry) => list(at(entry))));
  };
  await list("");
  await inFlight(connections, files, async (path) => {
    const content = (await client.getFileContents(join(there, path))) as Buffer;
    await writeFile(join(local, path), content);
  });
}
