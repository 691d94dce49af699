import { startFtpServer } from "samewire/testing";

import { BasicFtpPeer } from "./basic-ftp-peer.ts";
import { openFtpEntrance } from "./ftp-entrance.ts";
import type { Site, SiteOptions } from "./site.ts";
import type { Started } from "./started.ts";
import { startAll } from "./started.ts";

const [user, password] = ["joe", "for this process"];

interface EmbeddedServer {
  readonly root: string;
  accepted(): number;
}

/** Two FTP servers in this process. What they take of the processor is part of every time that is measured. */
export function startEmbeddedFtpSite({ delayMs = 0 }: SiteOptions = {}): Promise<Site> {
  return startAll(async (started) => {
    const [first, second] = [await startServer(started, delayMs), await startServer(started, delayMs)];
    return {
      server: "embedded-ftp",
      roots: [first.root, second.root],
      options: { password, connections: 1, connectTimeoutMs: 120_000 },
      accepted: () => Promise.resolve(first.accepted() + second.accepted()),
      peer: new BasicFtpPeer(password),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

async function startServer(started: Started, delayMs: number): Promise<EmbeddedServer> {
  const server = started.add(await startFtpServer({ users: { [user]: password } }));
  const { port } = started.add(await openFtpEntrance(server.port, delayMs));
  return { root: `ftp://${user}@${server.host}:${port}/home/${user}/`, accepted: () => server.accepted };
}
