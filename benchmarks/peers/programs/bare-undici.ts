import { createWriteStream } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import type { Dispatcher } from "undici";
import { Pool } from "undici";

import type { TreeContent } from "../transfer.ts";
import { placeOf } from "../transfer.ts";
import { inFlight } from "./in-flight.ts";
import type { Job } from "./job.ts";
import { localTree } from "./local-tree.ts";

export interface BareUndiciSettings {
  readonly connections: number;
}

/** A pool of undici: MKCOL and PUT, or GET of what it is told is there. */
export async function bareUndici({ transfer, destination, settings }: Job): Promise<void> {
  const { connections } = settings as unknown as BareUndiciSettings;
  const { action, what, local, remote, content } = transfer;
  const { origin, pathname } = new URL(placeOf(destination).url(remote));
  await using pool = closing(new Pool(origin, { connections }));
  const ask = async (method: string, path: string, body?: Buffer): Promise<Dispatcher.ResponseData["body"]> => {
    const target = join(pathname, encodeURI(path));
    const answer = await pool.request({ method: method as Dispatcher.HttpMethod, path: target, ...(body && { body }) });
    if (answer.statusCode >= 300) throw new Error(`${method} ${target} is answered with ${answer.statusCode}`);
    return answer.body;
  };
  if (what === "file") {
    if (action === "get") await pipeline(await ask("GET", ""), createWriteStream(local));
    else await (await ask("PUT", "", await readFile(local))).dump();
    return;
  }
  const { directories, files } = action === "put" ? await localTree(local) : (content as TreeContent);
  for (const path of ["", ...directories]) {
    if (action === "put") await (await ask("MKCOL", `${path}/`)).dump();
    else await mkdir(join(local, path));
  }
  await inFlight(connections, files, async (path) => {
    if (action === "put") await (await ask("PUT", path, await readFile(join(local, path)))).dump();
    else await writeFile(join(local, path), Buffer.from(await (await ask("GET", path)).arrayBuffer()));
  });
}

function closing(pool: Pool): Pool & AsyncDisposable {
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.close() });
}
