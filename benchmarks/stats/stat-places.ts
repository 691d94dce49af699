import type { Transport, TransportOptions } from "samewire";
import { TransportScope } from "samewire";

import { startSite, usualServers } from "../sites/sites.ts";
import { Ssh2Peer } from "../sites/ssh2-peer.ts";
import type { Started } from "../sites/started.ts";
import { startAll } from "../sites/started.ts";
import { direct, startWebFiles, webServers } from "../sites/web-files.ts";
import { openDelayed } from "./delayed-server.ts";
import { openSftpClientStats, openSsh2Stats } from "./sftp-stat-clients.ts";
import type { StatClient } from "./stat-client.ts";
import { openUndiciStats } from "./undici-stats.ts";

/** A server that has the files, and everybody who asks it about them on an open connection. */
export interface StatPlace extends AsyncDisposable {
  readonly server: string;
  /** What is asked there. */
  readonly request: string;
  /** Connections that each client has at most. */
  readonly connections: number;
  /** samewire first. */
  readonly clients: readonly StatClient[];
}

/** Starts a server with files of these sizes in it; `delayMs` is added each way before it. */
export type StartStatPlace = (files: ReadonlyMap<string, number>, delayMs: number) => Promise<StatPlace>;

/** One SFTP connection. */
export const sftpPlace: StartStatPlace = (files, delayMs) =>
  startAll(async (started) => {
    const site = started.add(await startSite(usualServers.sftp));
    if (!(site.peer instanceof Ssh2Peer)) throw new RangeError(`ssh2 does not speak to ${site.server} servers`);
    const url = await behind(started, site.roots[0], delayMs);
    const { transport, client } = openSamewire(url, site.options);
    started.add(client);
    const written = Array.from(files, ([name, size]) => transport.put(name, Buffer.alloc(size), { atomic: false }));
    await Promise.all(written);
    return {
      server: site.server,
      request: "LSTAT",
      connections: 1,
      clients: [
        client,
        started.add(await openSsh2Stats(url, site.peer)),
        started.add(await openSftpClientStats(url, site.peer)),
      ],
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });

/** HTTP/1.1, where each of so many connections carries one request at a time. */
export function webPlace(connections: number): StartStatPlace {
  return (files, delayMs) =>
    startAll(async (started) => {
      const [server = "embedded-http"] = webServers();
      const served = started.add(await startWebFiles(server));
      for (const [name, size] of files) await served.write(name, Buffer.alloc(size));
      const base = await behind(started, served.base, delayMs);
      const { client } = openSamewire(base, { ...direct, connections });
      return {
        server,
        request: "HEAD",
        connections,
        clients: [started.add(client), started.add(openUndiciStats(base, connections))],
        [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
      };
    });
}

/** Where a server is reached through a delay each way. */
async function behind(started: Started, root: string, delayMs: number): Promise<string> {
  const url = new URL(root);
  url.port = String(started.add(await openDelayed(Number(url.port), delayMs)).port);
  return url.href;
}

function openSamewire(url: string, options: TransportOptions): { transport: Transport; client: StatClient } {
  const scope = new TransportScope();
  const transport = scope.getTransport(url, options);
  const client: StatClient = {
    name: "samewire",
    size: async (file) => (await transport.stat(file)).sizeBytes,
    [Symbol.asyncDispose]: () => scope.close(),
  };
  return { transport, client };
}
