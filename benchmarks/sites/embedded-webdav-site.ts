import { startWebdavServer } from "samewire/testing";

import { openEntrance } from "./entrance.ts";
import type { Site, SiteOptions } from "./site.ts";
import type { Started } from "./started.ts";
import { startAll } from "./started.ts";

const [user, password] = ["joe", "for this process"];

interface EmbeddedServer {
  readonly root: string;
  accepted(): number;
}

/** Two WebDAV servers in this process. What they take of the processor is part of every time that is measured. */
export function startEmbeddedWebdavSite({ delayMs = 0 }: SiteOptions = {}): Promise<Site> {
  return startAll(async (started) => {
    const [first, second] = [await startServer(started, delayMs), await startServer(started, delayMs)];
    return {
      server: "embedded-webdav",
      roots: [first.root, second.root],
      // Nothing of this machine's own surroundings: the servers are here.
      options: { password, connections: 1, connectTimeoutMs: 120_000, proxy: null, netrc: null },
      accepted: () => Promise.resolve(first.accepted() + second.accepted()),
      peer: undefined,
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

async function startServer(started: Started, delayMs: number): Promise<EmbeddedServer> {
  const server = started.add(await startWebdavServer({ login: { scheme: "basic", users: { [user]: password } } }));
  const { port } = started.add(await openEntrance(server.port, delayMs));
  return { root: `dav://${user}@${server.host}:${port}/`, accepted: () => server.accepted };
}
