import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { getTransport } from "samewire";
import type { TransportOptions } from "samewire";

import { startApache } from "../../test/servers/apache.ts";
import { hasProgram } from "../../test/servers/find-servers.ts";
import { startSite, usualServers } from "../sites/sites.ts";
import { startAll } from "../sites/started.ts";
import { direct, startWebFiles, webServers } from "../sites/web-files.ts";

/** A server that has the file `large`, and as many connections to it as are measured. */
export interface SlowPlace extends AsyncDisposable {
  readonly server: string;
  readonly url: string;
  readonly options: TransportOptions;
  readonly connections: number;
  /** Readers that this many connections serve at the same time, of those asked for. */
  readonly atOnce: number;
}

type StartSlowPlace = (content: Buffer, readers: number) => Promise<SlowPlace>;

/** Of HTTP/1.1, where a reader has a connection to itself: beyond these they wait for one another, first come first served. */
export const webConnections = 50;

/** One SFTP connection that carries all of them. */
export const sftpPlace: StartSlowPlace = (content, readers) =>
  startAll(async (started) => {
    const site = started.add(await startSite(usualServers.sftp));
    const [url] = site.roots;
    await using transport = getTransport(url, undefined, site.options);
    await transport.put("large", content, { atomic: false });
    return {
      ...{ server: `${site.server}, sftp`, url, options: site.options, connections: 1, atOnce: readers },
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });

/** Plain HTTP. */
export const httpPlace: StartSlowPlace = (content, readers) =>
  startAll(async (started) => {
    const connections = Math.min(webConnections, readers);
    const [server = "embedded-http"] = webServers();
    const files = started.add(await startWebFiles(server));
    await files.write("large", content);
    return {
      ...{
        server: `${server}, http`,
        url: files.base,
        options: { ...direct, connections },
        connections,
        atOnce: connections,
      },
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });

/** The same, read as WebDAV. */
export const webdavPlace: StartSlowPlace = (content, readers) =>
  startAll(async (started) => {
    const connections = Math.min(webConnections, readers);
    const server = started.add(await startApache({ dav: true, config: ["MaxKeepAliveRequests 0"] }));
    await writeFile(join(server.root, "large"), content);
    const url = `dav://127.0.0.1:${server.port}/`;
    return {
      ...{ server: "apache, dav", url, options: { ...direct, connections }, connections, atOnce: connections },
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });

/** All that can be measured here. */
export function slowPlaces(): readonly StartSlowPlace[] {
  return [sftpPlace, httpPlace, ...(hasProgram("apache") ? [webdavPlace] : [])];
}
