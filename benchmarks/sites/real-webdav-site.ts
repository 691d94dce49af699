import { startApache } from "../../test/servers/apache.ts";
import { startNginx } from "../../test/servers/nginx.ts";
import { startRclone } from "../../test/servers/rclone.ts";
import type { WebServer } from "../../test/servers/web-server.ts";
import { openEntrance } from "./entrance.ts";
import { settled } from "./settled.ts";
import type { Site, SiteOptions } from "./site.ts";
import type { Started } from "./started.ts";
import { startAll } from "./started.ts";
import { UndiciPeer } from "./undici-peer.ts";
import { direct } from "./web-files.ts";

type RealWebdavName = "apache" | "rclone" | "nginx-dav";

const starters: Readonly<Record<RealWebdavName, () => Promise<WebServer>>> = {
  "nginx-dav": () => startNginx({ dav: true }),
  apache: () => startApache({ dav: true }),
  rclone: () => startRclone(),
};

interface RealServer {
  readonly server: WebServer;
  readonly root: string;
}

/** Two real WebDAV servers of a kind on this machine, which count their connections in their logs. */
export function startRealWebdavSite(name: RealWebdavName, { delayMs = 0 }: SiteOptions = {}): Promise<Site> {
  return startAll(async (started) => {
    const [first, second] = [await startServer(started, name, delayMs), await startServer(started, name, delayMs)];
    return {
      server: name,
      roots: [first.root, second.root],
      directory: first.server.root,
      options: { ...direct, connections: 1, connectTimeoutMs: 120_000 },
      accepted: () => settled(() => first.server.accepted + second.server.accepted),
      peer: new UndiciPeer(),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

async function startServer(started: Started, name: RealWebdavName, delayMs: number): Promise<RealServer> {
  const server = started.add(await starters[name]());
  const { port } = started.add(await openEntrance(server.port, delayMs));
  return { server, root: `dav://127.0.0.1:${port}/` };
}
