import { pathToFileURL } from "node:url";

import type { NginxServer } from "../../test/servers/nginx.ts";
import { startNginx } from "../../test/servers/nginx.ts";
import type { WebTlsIdentity } from "../../test/servers/tls-identity-web.ts";
import { makeWebTlsIdentity } from "../../test/servers/tls-identity-web.ts";
import { openEntrance } from "./entrance.ts";
import { settled } from "./settled.ts";
import type { Site, SiteOptions } from "./site.ts";
import type { Started } from "./started.ts";
import { startAll } from "./started.ts";
import { UndiciPeer } from "./undici-peer.ts";
import { direct } from "./web-files.ts";

interface RealServer {
  readonly server: NginxServer;
  readonly root: string;
  readonly folder: string;
}

/** Two real nginx on this machine that are read over `https:`; what they serve is written into their folders. */
export function startHttpsSite({ delayMs = 0 }: SiteOptions = {}): Promise<Site> {
  return startAll(async (started) => {
    const identity = started.add(await makeWebTlsIdentity());
    const start = (): Promise<RealServer> => startServer(started, identity, delayMs);
    const [first, second] = [await start(), await start()];
    return {
      server: "nginx",
      roots: [first.root, second.root],
      folders: [first.folder, second.folder],
      options: { ...direct, tls: { ca: identity.ca }, connections: 1, connectTimeoutMs: 120_000 },
      accepted: () => settled(() => first.server.accepted + second.server.accepted),
      peer: new UndiciPeer(identity.ca),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

async function startServer(started: Started, identity: WebTlsIdentity, delayMs: number): Promise<RealServer> {
  const server = started.add(await startNginx({ tls: { identity } }));
  const { port } = started.add(await openEntrance(server.port, delayMs));
  return { server, root: `https://127.0.0.1:${port}/`, folder: `${pathToFileURL(server.root).href}/` };
}
