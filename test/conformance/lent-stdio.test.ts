import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, describe, it } from "vitest";

import type { LocationInput, PossibleTransports, Transport, TransportOptions } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import type { ConformanceSite, SftpServer } from "../../src/testing.ts";
import { conformance, startSftpServer } from "../../src/testing.ts";
import { BuiltCommand } from "../cli/built-command.ts";
import type { LenderProcess, WhatIsLent } from "../lending/lender-process.ts";
import { startLender } from "../lending/lender-process.ts";
import { fingerprintOf } from "../reuse/sites.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { openFilesBelow } from "../servers/open-files.ts";
import type { OpenSshServer } from "../servers/openssh.ts";
import { startOpenSsh } from "../servers/openssh.ts";

let built: Promise<BuiltCommand> | undefined;

afterAll(async () => {
  (await built)?.[Symbol.dispose]();
});

/** Another process, which alone knows how to log in, and lends the server to this one. */
class Lent {
  readonly #what: () => Promise<WhatIsLent>;
  #lender: Promise<LenderProcess> | undefined;
  #directory: readonly Transport[] = [];

  constructor(what: () => Promise<WhatIsLent>) {
    this.#what = what;
  }

  async start(): Promise<LenderProcess> {
    const lender = await (this.#lender ??= this.#start());
    this.#directory = lender.borrowed.lent;
    return lender;
  }

  async stop(): Promise<void> {
    await (await this.#lender)?.stop();
  }

  readonly getTransport = (location: LocationInput, list?: PossibleTransports, options?: TransportOptions): Transport =>
    getTransport(location, [...this.#directory, ...(list ?? [])], options);

  async #start(): Promise<LenderProcess> {
    return await startLender(await (built ??= BuiltCommand.build()), await this.#what());
  }
}

describe("with the in-process server", () => {
  let server: Promise<SftpServer> | undefined;
  let sites = 0;
  const started = (): Promise<SftpServer> => (server ??= startSftpServer());
  const lent = new Lent(async () => {
    const sftp = await started();
    const hostKeyFingerprints = sftp.hostKeys.map((key) => fingerprintOf(key.public));
    return {
      url: `sftp://${sftp.user}@127.0.0.1:${sftp.port}/`,
      options: {
        password: sftp.password,
        ssh: { config: null, agent: null, identityFile: null, hostKeyFingerprints },
      },
    };
  });

  afterAll(async () => {
    await lent.stop();
    await (await server)?.close();
  });

  async function lentSite(): Promise<ConformanceSite> {
    const { tree, user, port, password } = await started();
    const { child } = await lent.start();
    const home = `/home/${user}/site-${++sites}`;
    tree.mkdir(home);
    return {
      url: `sftp://${user}@127.0.0.1:${port}/~/site-${sites}/`,
      secrets: [password],
      lockHolder: child.pid,
      openFiles: () => tree.openFiles,
      reread: async (path) => {
        const file = tree.open(`${home}/${path}`, { read: true });
        const content = file.read(0, file.stat().sizeBytes);
        file.close();
        return content;
      },
      close: async () => undefined,
    };
  }

  const { getTransport: getBorrowed } = lent;
  conformance(
    { describe, it },
    { name: "sftp, lent by another process over its stdio,", open: lentSite, getTransport: getBorrowed },
  );
});

describe.runIf(hasProgram("openssh-server"))(titleNeeding("openssh-server", "with a real sshd"), () => {
  let server: Promise<OpenSshServer> | undefined;
  const started = (): Promise<OpenSshServer> => (server ??= startOpenSsh());
  const lent = new Lent(async () => {
    const { port, user, identityFile, knownHostsFile } = await started();
    return {
      url: `sftp://${user}@127.0.0.1:${port}/`,
      options: { ssh: { config: null, agent: null, identityFile, knownHosts: knownHostsFile } },
    };
  });

  afterAll(async () => {
    await lent.stop();
    await (await server)?.stop();
  });

  async function lentSite(): Promise<ConformanceSite> {
    const sshd = await started();
    const { child } = await lent.start();
    const folder = await realpath(await mkdtemp(join(sshd.root, "site-")));
    return {
      url: `${sshd.url(folder)}/`,
      lockHolder: child.pid,
      openFiles: () => openFilesBelow(folder),
      reread: (path) => readFile(join(folder, path)),
      close: () => rm(folder, { recursive: true, force: true }),
    };
  }

  const { getTransport: getBorrowed } = lent;
  conformance(
    { describe, it },
    { name: "sftp on OpenSSH, lent by another process over its stdio,", open: lentSite, getTransport: getBorrowed },
  );
});
