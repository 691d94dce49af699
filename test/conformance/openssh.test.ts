import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { afterAll, describe, it } from "vitest";

import type { TransportOptions } from "../../src/index.ts";
import type { ConformanceSite } from "../../src/testing.ts";
import { conformance, startTap } from "../../src/testing.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { openFilesBelow } from "../servers/open-files.ts";
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
