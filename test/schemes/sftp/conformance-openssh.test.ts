import { mkdtemp, readFile, readdir, readlink, rm } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, it } from "vitest";

import type { ConformanceSite, Tap } from "../../../src/testing.ts";
import { conformance, startTap } from "../../../src/testing.ts";
import { hasProgram, titleNeeding } from "../../servers/find-servers.ts";
import type { OpenSshServer } from "../../servers/openssh.ts";
import { startOpenSsh } from "../../servers/openssh.ts";

const title = "sftp on OpenSSH";

if (!hasProgram("openssh-server")) {
  it.skip(titleNeeding("openssh-server", title));
} else {
  const starting = startOpenSsh();
  let server: OpenSshServer;
  let counted: Tap;

  beforeAll(async () => {
    server = await starting;
    counted = await startTap({ port: server.port });
  });
  afterAll(async () => {
    await counted.close();
    await server.stop();
  });

  conformance({ describe, it }, { name: title, open: site });

  async function site(): Promise<ConformanceSite> {
    server = await starting;
    counted ??= await startTap({ port: server.port });
    const directory = await mkdtemp(join(server.root, "case-"));
    return {
      url: server.url(`${directory}/`, counted.port),
      options: {
        ssh: {
          config: null,
          agent: null,
          identityFile: server.identityFile,
          knownHosts: server.knownHostsFile,
          hostKeyAlias: `[127.0.0.1]:${server.port}`,
        },
      },
      server: counted,
      reread: (path) => readFile(join(directory, path)),
      openFiles: () => openBelow(directory),
      close: () => rm(directory, { recursive: true, force: true }),
    };
  }
}

/** Files below a directory that any process of this user holds open, where the system tells. */
async function openBelow(directory: string): Promise<number> {
  const processes = (await readdir("/proc").catch((): string[] => [])).filter((name) => /^\d+$/.test(name));
  const opened = await Promise.all(
    processes.map(async (id) => {
      const descriptors = await readdir(`/proc/${id}/fd`).catch((): string[] => []);
      const links = await Promise.allSettled(descriptors.map((descriptor) => readlink(`/proc/${id}/fd/${descriptor}`)));
      return links.filter((link) => link.status === "fulfilled" && link.value.startsWith(`${directory}/`)).length;
    }),
  );
  return opened.reduce((total, count) => total + count, 0);
}
