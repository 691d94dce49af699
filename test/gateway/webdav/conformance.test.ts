import { randomUUID } from "node:crypto";
import { subscribe } from "node:diagnostics_channel";

import { afterAll, describe, it } from "vitest";

import type { Gateway, Transport } from "../../../src/index.ts";
import { getTransport, serve } from "../../../src/index.ts";
import type { ConformanceSite, FileTree, SftpServer } from "../../../src/testing.ts";
import { conformance, memoryStore, startSftpServer, startTap } from "../../../src/testing.ts";
import { fingerprintOf } from "../../reuse/sites.ts";
import { seedTree } from "../../schemes/http/seed-tree.ts";
import { token } from "./dav-site.ts";

/** What is behind the gateway, with a way to its files past all of it. */
interface Behind {
  readonly transport: Transport;
  readonly tree: FileTree;
  /** Where the transport's base is in the tree, without a slash at its end. */
  readonly home: string;
  readonly server?: SftpServer;
}

async function memory(): Promise<Behind> {
  const name = randomUUID();
  return { transport: getTransport(`memory://${name}/`), tree: memoryStore(name).tree, home: "" };
}

async function sftp(): Promise<Behind> {
  const server = await startSftpServer();
  const hostKeyFingerprints = server.hostKeys.map((key) => fingerprintOf(key.public));
  const ssh = { config: null, agent: null, identityFile: null, hostKeyFingerprints };
  // It is opened to learn what it can do, and waits until everything has been done with the other.
  const options = { password: server.password, ssh, idleTimeoutMs: 3_600_000 };
  const transport = getTransport(server.url, undefined, options);
  return { transport, tree: server.tree, home: `/home/${server.user}`, server };
}

/** Why wires of SFTP were lost; those of WebDAV are cut by the suite. */
const lost: string[] = [];
subscribe("samewire:wire:lost", (event) => {
  const { label, message } = event as { readonly label: string; readonly message: string };
  if (label.startsWith("sftp:")) lost.push(message);
});

describe.each(Object.entries({ memory, sftp }))("as dav through a gateway to %s", (name, open) => {
  let started: Promise<Behind & { readonly gateway: Gateway }> | undefined;
  let sites = 0;

  async function start(): Promise<Behind & { readonly gateway: Gateway }> {
    const behind = await open();
    return { ...behind, gateway: await serve(behind.transport, { writable: { token } }) };
  }

  afterAll(async () => {
    if (started === undefined) return;
    const { gateway, transport, server } = await started;
    await gateway.close({ graceMs: 0 });
    await transport.disconnect();
    await server?.close();
  });

  async function site(): Promise<ConformanceSite> {
    const { gateway, tree, home } = await (started ??= start());
    const folder = `site ${++sites}`;
    tree.mkdir(`${home}/${folder}`);
    const tap = await startTap({ port: gateway.port });
    return {
      url: `dav://127.0.0.1:${tap.port}/${encodeURI(folder)}/`,
      options: { user: "joe", password: token },
      secrets: [token],
      server: tap,
      openFiles: () => tree.openFiles,
      seed: async (path, content) => seedTree(tree, `${home}/${folder}/${path}`, content),
      reread: async (path) => {
        const file = tree.open(`${home}/${folder}/${path}`, { read: true });
        const content = file.read(0, file.stat().sizeBytes);
        file.close();
        return content;
      },
      close: () => tap.close(),
    };
  }

  conformance({ describe, it }, { name: `dav through a gateway to ${name}`, open: site });

  it("all of it went over one wire", async ({ expect }) => {
    const { server } = (await started) ?? {};
    expect([server?.accepted ?? 1, ...lost]).toEqual([1]);
  });
});
