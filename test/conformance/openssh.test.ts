import { mkdir, mkdtemp, readFile, readdir, readlink, realpath, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { afterAll, describe, it } from "vitest";

import type { TransportOptions } from "../../src/index.ts";
import type { ConformanceSite } from "../../src/testing.ts";
import { conformance, startTap } from "../../src/testing.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { OpenSshServer } from "../servers/openssh.ts";
import { startOpenSsh } from "../servers/openssh.ts";

describe.runIf(hasProgram("openssh-server"))(titleNeeding("openssh-server", "on a real sshd"), () => {
  let server: Promise<OpenSshServer> | undefined;
  const started = (): Promise<OpenSshServer> => (server ??= startOpenSsh());

  afterAll(async () => {
    await (await server)?.stop();
  });

  async function openSshSite(): Promise<ConformanceSite> {
    const sshd = await started();
    const folder = await realpath(await mkdtemp(join(sshd.root, "site-")));
    const tap = await startTap({ port: sshd.port });
    const options: TransportOptions = {
      ssh: {
        config: null,
        agent: null,
        identityFile: sshd.identityFile,
        knownHosts: sshd.knownHostsFile,
        hostKeyAlias: `[127.0.0.1]:${sshd.port}`,
      },
    };
    return {
      url: `${sshd.url(folder, tap.port)}/`,
      options,
      server: tap,
      openFiles: () => openFilesBelow(folder),
      reread: (path) => readFile(join(folder, path)),
      seed: async (path, content) => {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), content);
      },
      close: async () => {
        await tap.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  }

  conformance({ describe, it }, { name: "sftp on OpenSSH", open: openSshSite });
});

/** Files below a folder that another process holds open, by what Linux tells of its processes. */
async function openFilesBelow(folder: string): Promise<number> {
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const links = await Promise.all(
    processes.map(async (pid) => {
      const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []); // It ended, or is not ours to look at.
      return await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")));
    }),
  );
  return links.flat().filter((path) => path.startsWith(`${folder}/`)).length;
}
