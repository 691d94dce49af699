import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { loadSsh2 } from "../../../src/drivers/ssh2-package.ts";
import type { SshOptions, Transport, TransportOptions } from "../../../src/index.ts";
import type { SftpServer, SftpServerOptions } from "../../../src/testing.ts";
import { startSftpServer } from "../../../src/testing.ts";

/** Servers that are logged in to, and a folder for keys and records: anew for each test. */
export class LoginSite {
  folder = "";
  list: Transport[] = [];
  readonly #servers: SftpServer[] = [];

  open(): void {
    this.folder = mkdtempSync(join(tmpdir(), "samewire-login-"));
    this.list = [];
  }

  async close(): Promise<void> {
    await Promise.all(this.list.map((transport) => transport.disconnect()));
    await Promise.all(this.#servers.splice(0).map((server) => server.close()));
    rmSync(this.folder, { recursive: true });
  }

  /** A server whose host key is on record. */
  readonly start = async (options: SftpServerOptions = {}): Promise<SftpServer> => {
    const server = await startSftpServer({ users: { joe: { password: "secret" } }, ...options });
    this.#servers.push(server);
    writeFileSync(join(this.folder, "known_hosts"), this.#servers.map(({ knownHosts }) => knownHosts).join(""));
    return server;
  };

  /** Options that leave this machine's own keys, agent and configuration out of it. */
  readonly options = (more: TransportOptions = {}, ssh: SshOptions = {}): TransportOptions => ({
    ...more,
    ssh: { config: null, agent: null, identityFile: null, knownHosts: join(this.folder, "known_hosts"), ...ssh },
  });

  readonly keyFile = async (
    name: string,
    passphrase = "",
  ): Promise<{ readonly file: string; readonly line: string }> => {
    const file = join(this.folder, name);
    const { utils } = await loadSsh2();
    const locked = passphrase === "" ? {} : { passphrase, cipher: "aes256-ctr", rounds: 4 };
    const pair = utils.generateKeyPairSync("ecdsa", { bits: 256, comment: name, ...locked });
    writeFileSync(file, pair.private, { mode: 0o600 });
    return { file, line: pair.public };
  };
}
