import { startSftpServer } from "samewire/testing";

import { openEntrance } from "./entrance.ts";
import { fingerprintOf } from "./host-key.ts";
import type { Site, SiteOptions } from "./site.ts";
import { Ssh2Peer } from "./ssh2-peer.ts";
import type { Started } from "./started.ts";
import { startAll } from "./started.ts";

const [user, password] = ["joe", "for this process"];

interface EmbeddedServer {
  readonly root: string;
  readonly fingerprint: string;
  accepted(): number;
}

/** Two SFTP servers in this process. What they take of the processor is part of every time that is measured. */
export function startEmbeddedSite({ delayMs = 0 }: SiteOptions = {}): Promise<Site> {
  return startAll(async (started) => {
    const [first, second] = [await startServer(started, delayMs), await startServer(started, delayMs)];
    return {
      server: "embedded",
      roots: [first.root, second.root],
      options: {
        password,
        connectTimeoutMs: 120_000,
        ssh: {
          config: null,
          agent: null,
          identityFile: null,
          hostKeyFingerprints: [first.fingerprint, second.fingerprint],
        },
      },
      accepted: () => Promise.resolve(first.accepted() + second.accepted()),
      peer: new Ssh2Peer({ password }),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

async function startServer(started: Started, delayMs: number): Promise<EmbeddedServer> {
  const server = started.add(await startSftpServer({ users: { [user]: { password } } }));
  const { port } = started.add(await openEntrance(server.port, delayMs));
  return {
    root: `sftp://${user}@${server.host}:${port}/home/${user}/`,
    fingerprint: fingerprintOf(server.hostKeys[0]?.public ?? ""),
    accepted: () => server.accepted,
  };
}
