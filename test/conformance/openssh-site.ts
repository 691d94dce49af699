import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { SshOptions } from "../../src/index.ts";
import type { ConformanceSite } from "../../src/testing.ts";
import { startTap } from "../../src/testing.ts";
import { openFilesBelow } from "../servers/open-files.ts";
import type { OpenSshServer } from "../servers/openssh.ts";
import { startOpenSsh } from "../servers/openssh.ts";

/** Directories on one real sshd, which is started for the first of them, and reached with `ssh` options beside those that every client needs. */
export class OpenSshSites {
  readonly #ssh: SshOptions;
  #server: Promise<OpenSshServer> | undefined;

  constructor(ssh: SshOptions = {}) {
    this.#ssh = ssh;
  }

  async open(): Promise<ConformanceSite> {
    // What OpenSSH's client would like better takes it a tenth of a second, and each case connects.
    const sshd = await (this.#server ??= startOpenSsh({ config: ["KexAlgorithms curve25519-sha256"] }));
    const folder = await realpath(await mkdtemp(join(sshd.root, "site-")));
    const tap = await startTap({ port: sshd.port });
    return {
      url: `${sshd.url(folder, tap.port)}/`,
      options: {
        ssh: {
          config: null,
          agent: null,
          identityFile: sshd.identityFile,
          knownHosts: sshd.knownHostsFile,
          hostKeyAlias: `[127.0.0.1]:${sshd.port}`,
          ...this.#ssh,
        },
      },
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

  async stop(): Promise<void> {
    await (await this.#server)?.stop();
  }
}
