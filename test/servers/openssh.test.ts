import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

import type { ConnectConfig, SFTPWrapper } from "ssh2";
import { Client } from "ssh2";
import { describe, expect, it } from "vitest";

import { startTap } from "../../src/testing/tap.ts";
import { hasProgram, titleNeeding } from "./find-servers.ts";
import { startOpenSsh } from "./openssh.ts";
import { descendants } from "./process-tree.ts";
import { canAddAccounts } from "./temporary-account.ts";

async function connected(config: ConnectConfig): Promise<Client> {
  const client = new Client();
  client.connect(config);
  await once(client, "ready");
  return client;
}

async function ended(client: Client): Promise<void> {
  client.end();
  await once(client, "close");
}

describe.runIf(hasProgram("openssh-server"))(titleNeeding("openssh-server", "a real sshd"), () => {
  it("lets the user in through a tap, and counts connections and SFTP channels itself", async () => {
    await using server = await startOpenSsh();
    await using tap = await startTap({ port: server.port });
    const privateKey = await readFile(server.identityFile);
    const client = await connected({ host: tap.host, port: tap.port, username: server.user, privateKey });
    await promisify((done: (error: Error | undefined, sftp: SFTPWrapper) => void) => client.sftp(done))();
    await expect
      .poll(() => [server.accepted, server.logins, server.sessions, server.openConnections])
      .toEqual([1, 1, 1, 1]);
    expect([tap.accepted, tap.open]).toEqual([1, 1]);
    await ended(client);
    await expect.poll(() => [server.openConnections, tap.open]).toEqual([0, 0]);
  });

  it("ends with every session it has, and leaves nothing", async () => {
    const before = descendants(process.pid);
    const server = await startOpenSsh();
    const privateKey = await readFile(server.identityFile);
    const client = await connected({ host: "127.0.0.1", port: server.port, username: server.user, privateKey });
    client.on("error", () => undefined);
    const started = descendants(process.pid).filter((pid) => !before.includes(pid));
    expect(started.length).toBeGreaterThan(1);
    // Killed at any moment, it may end by an error first, for which `once` would reject.
    const closed = new Promise<void>((resolve) => client.on("close", () => resolve()));
    await server.stop();
    await closed;
    await expect.poll(() => started.filter(isAlive)).toEqual([]);
    expect(existsSync(server.folder)).toBe(false);
    await server.stop();
  });

  it("has the host keys that were asked for, all of them in its known_hosts", async () => {
    await using server = await startOpenSsh({ hostKeyTypes: ["rsa", "ecdsa", "ed25519"] });
    const known = await readFile(server.knownHostsFile, "utf8");
    expect(
      known
        .trim()
        .split("\n")
        .map((line) => line.split(" ").slice(0, 2)),
    ).toEqual([
      [`[127.0.0.1]:${server.port}`, "ssh-rsa"],
      [`[127.0.0.1]:${server.port}`, "ecdsa-sha2-nistp256"],
      [`[127.0.0.1]:${server.port}`, "ssh-ed25519"],
    ]);
  });

  it("puts what a test asks for before its own configuration", async () => {
    await using server = await startOpenSsh({ config: ["MaxSessions 0"] });
    const privateKey = await readFile(server.identityFile);
    const client = await connected({ host: "127.0.0.1", port: server.port, username: server.user, privateKey });
    await expect(promisify((done: (error: Error | undefined) => void) => client.sftp(done))()).rejects.toThrow(
      /open failed/i,
    );
    await ended(client);
  });

  it("says what sshd said where it cannot start", async () => {
    await expect(startOpenSsh({ config: ["NoSuchWord yes"] })).rejects.toThrow(/NoSuchWord/);
  });

  it.runIf(canAddAccounts)(
    "has a user of its own with a password, and removes it again (skipped: needs root)",
    async () => {
      const server = await startOpenSsh({ account: true });
      const { port, user: username, password = "" } = server;
      const client = await connected({ host: "127.0.0.1", port, username, password });
      const sftp = await promisify((done: (error: Error | undefined, sftp: SFTPWrapper) => void) =>
        client.sftp(done),
      )();
      expect(await promisify(sftp.realpath.bind(sftp))(".")).toBe(server.home);
      const privateKey = await readFile(server.identityFile);
      await ended(await connected({ host: "127.0.0.1", port, username, privateKey }));
      await expect(connected({ host: "127.0.0.1", port, username, password: `${password}x` })).rejects.toThrow(
        /authentication/i,
      );
      await ended(client);
      await server.stop();
      expect(() => execFileSync("id", [username], { stdio: "pipe" })).toThrow(/no such user/);
    },
  );
});

/** A process that ended may stay listed until it is waited for. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout !== "" && !stdout.startsWith("Z");
}
