import type { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { TransportScope, getTransport } from "samewire";

import { startSite } from "../sites/sites.ts";
import type { ServerName } from "../sites/site.ts";
import { rounded } from "../statistics.ts";
import type { Effort } from "./effort.ts";

/** How many of something a process held at once, and what each took of its memory. */
export interface SizeRow {
  readonly what: string;
  readonly count: number;
  /** On the heap and beside it, after everything that nobody needs was collected, in bytes. */
  readonly bytesEach: number;
  /** How much more memory the system gave the process, in MiB. */
  readonly residentMiB: number;
}

export async function measureSizes(
  { clones, transports, idleWires, streams }: Effort,
  { sftp, ftp }: { readonly sftp: ServerName; readonly ftp: ServerName },
  progress: (line: string) => void,
): Promise<readonly SizeRow[]> {
  const rows: SizeRow[] = [];
  const note = async <T>(
    what: string,
    count: number,
    make: () => Promise<readonly T[]> | readonly T[],
  ): Promise<readonly T[]> => {
    progress(`${count} × ${what}`);
    const before = await memory();
    const held = await make();
    const after = await memory();
    if (held.length !== count) throw new Error(`${held.length} instead of ${count}`);
    const [bytesEach, residentMiB] = [(after.used - before.used) / count, (after.resident - before.resident) / 2 ** 20];
    rows.push({ what, count, bytesEach: rounded(bytesEach, 0), residentMiB: rounded(residentMiB, 1) });
    return held;
  };

  const root = getTransport("memory://scale/");
  await note("clone of a transport", clones, () => Array.from({ length: clones }, (_, at) => root.clone(`${at}`)));
  await note("transport with a connection of its own, never used", transports, () =>
    Array.from({ length: transports }, (_, at) => getTransport(`sftp://user@host-${at}/`, [])),
  );
  {
    await using site = await startSite(ftp);
    const scopes = await note("open FTP connection", idleWires, async () => {
      const open: TransportScope[] = [];
      for (let at = 0; at < idleWires; at++) {
        const scope = new TransportScope();
        await scope.getTransport(site.roots[0], { ...site.options, idleTimeoutMs: 600_000 }).connect();
        open.push(scope);
      }
      return open;
    });
    await Promise.all(scopes.map((scope) => scope.close()));
  }
  {
    await using site = await startSite(sftp);
    await using scope = new TransportScope();
    const transport = scope.getTransport(site.roots[0], site.options);
    await transport.put("large", Buffer.alloc(4 * 2 ** 20));
    const open = await note("open read stream on one SFTP connection, unread", streams, () =>
      Promise.all(Array.from({ length: streams }, (): Promise<Readable> => transport.get("large"))),
    );
    for (const stream of open) stream.destroy();
  }
  return rows;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What lies beside the heap is given back a moment after whoever had it was collected. */
async function memory(): Promise<{ readonly used: number; readonly resident: number }> {
  for (let round = 0; round < 3; round++) {
    collect();
    await setTimeout(20);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { used: heapUsed + external, resident: rss };
}
