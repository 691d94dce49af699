import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";

import type { OpenSshServer } from "../../test/servers/openssh.ts";
import { startOpenSsh } from "../../test/servers/openssh.ts";
import { openEntrance } from "./entrance.ts";
import { fingerprintOf } from "./host-key.ts";
import { settled } from "./settled.ts";
import type { Site, SiteOptions } from "./site.ts";
import { Ssh2Peer } from "./ssh2-peer.ts";
import type { Started } from "./started.ts";
import { startAll } from "./started.ts";

interface RealServer {
  readonly server: OpenSshServer;
  readonly root: string;
  readonly fingerprint: string;
}

/** Two real sshd on this machine, which let the same key in. */
export function startOpenSshSite({ delayMs = 0 }: SiteOptions = {}): Promise<Site> {
  return startAll(async (started) => {
    const [first, second] = [await startServer(started, delayMs), await startServer(started, delayMs)];
    const { identityFile, folder, user } = first.server;
    await copyFile(join(folder, "authorized_keys"), join(second.server.folder, "authorized_keys"));
    return {
      server: "openssh",
      roots: [first.root, second.root],
      directory: first.server.root,
      options: {
        connectTimeoutMs: 120_000,
        ssh: { config: null, agent: null, identityFile, hostKeyFingerprints: [first.fingerprint, second.fingerprint] },
      },
      accepted: () => settled(() => first.server.accepted + second.server.accepted),
      peer: new Ssh2Peer({ username: user, privateKey: await readFile(identityFile) }),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

async function startServer(started: Started, delayMs: number): Promise<RealServer> {
  const server = started.add(await startOpenSsh());
  const { port } = started.add(await openEntrance(server.port, delayMs));
  const hostKey = await readFile(join(server.folder, "host_ed25519.pub"), "utf8");
  return { server, root: server.url(`${server.root}/`, port), fingerprint: fingerprintOf(hostKey) };
}
