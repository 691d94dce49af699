import { afterAll, describe, it } from "vitest";

import type { Gateway, Transport, TransportOptions } from "../../../src/index.ts";
import { getTransport, serve } from "../../../src/index.ts";
import type { ConformanceSite, SftpServer } from "../../../src/testing.ts";
import { conformance, startSftpServer, startTap } from "../../../src/testing.ts";
import { fingerprintOf } from "../../reuse/sites.ts";
import { seedTree } from "../../schemes/http/seed-tree.ts";
import { token } from "./dav-site.ts";

/** The gateway, and what is behind it. */
interface Place {
  readonly gateway: Gateway;
  readonly transport: Transport;
  readonly server: SftpServer;
}

async function startPlace(): Promise<Place> {
  const server = await startSftpServer();
  const hostKeyFingerprints = server.hostKeys.map((key) => fingerprintOf(key.public));
  const ssh = { config: null, agent: null, identityFile: null, hostKeyFingerprints };
  // Slow machines take longer for the suite than a wire is kept that nobody uses.
  const options = { password: server.password, ssh, idleTimeoutMs: 3_600_000 };
  const transport = getTransport(server.url, undefined, options);
  return { server, transport, gateway: await serve(transport, { writable: { token } }) };
}

describe("as dav through a gateway to an SFTP server", () => {
  let started: Promise<Place> | undefined;
  let sites = 0;

  afterAll(async () => {
    if (started === undefined) return;
    const { gateway, transport, server } = await started;
    await gateway.close({ graceMs: 0 });
    await transport.disconnect();
    await server.close();
  });

  async function open(): Promise<ConformanceSite> {
    const { gateway, server } = await (started ??= startPlace());
    const { tree, user } = server;
    const folder = `site ${++sites}`;
    const home = `/home/${user}/${folder}`;
    tree.mkdir(home);
    const tap = await startTap({ port: gateway.port });
    return {
      url: `dav://127.0.0.1:${tap.port}/${encodeURI(folder)}/`,
      // How long waiting for oneself is watched is the pool's policy, which users are not offered.
      options: { user: "joe", password: token, deadlockAfterMs: 500 } as TransportOptions,
      secrets: [token, server.password],
      server: tap,
      openFiles: () => tree.openFiles,
      seed: async (path, content) => seedTree(tree, `${home}/${path}`, content),
      reread: async (path) => {
        const file = tree.open(`${home}/${path}`, { read: true });
        const content = file.read(0, file.stat().sizeBytes);
        file.close();
        return content;
      },
      close: () => tap.close(),
    };
  }

  conformance({ describe, it }, { name: "dav through a gateway", open });

  it("all of it went over one wire", async ({ expect }) => {
    expect((await started)?.server.accepted).toBe(1);
  });
});
