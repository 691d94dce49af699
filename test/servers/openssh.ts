import { execFile, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { findProgram } from "./find-servers.ts";
import type { ServerPlace, ServerProcess } from "./server-process.ts";
import { startServerProcess } from "./server-process.ts";

const run = promisify(execFile);

type HostKeyType = "ed25519" | "rsa" | "ecdsa";

export interface OpenSshOptions {
  /** Lines of sshd_config beside ours, such as `MaxSessions 1`; they come first, and the first value wins. */
  readonly config?: readonly string[];
  /** Types of host keys. Default ed25519 alone. */
  readonly hostKeyTypes?: readonly HostKeyType[];
  /** Serves a new user of this machine instead of the one that runs the tests: see `canAddAccounts`. Default false. */
  readonly account?: boolean;
}

/** A real sshd on a free port of 127.0.0.1, for one user, who is let in with the key in `identityFile`. */
export class OpenSshServer implements AsyncDisposable {
  readonly port: number;
  readonly user: string;
  /** What the user can log in with beside the key; undefined where the user is the one that runs the tests. */
  readonly password: string | undefined;
  /** Where the user's login ends up. */
  readonly home: string;
  /** Holds everything of this server; removed with it. */
  readonly folder: string;
  /** A directory in which the user can write. */
  readonly root: string;
  readonly identityFile: string;
  /** Has every host key of this server, under its own port. */
  readonly knownHostsFile: string;
  readonly #process: ServerProcess;
  readonly #config: readonly string[];

  constructor(server: ServerProcess, config: readonly string[]) {
    const { account, folder, port } = server.place;
    this.#process = server;
    this.#config = config;
    this.port = port;
    this.user = account?.name ?? userInfo().username;
    this.password = account?.password;
    this.home = account?.home ?? homedir();
    this.folder = folder;
    this.root = join(folder, "root");
    this.identityFile = join(folder, "user_key");
    this.knownHostsFile = join(folder, "known_hosts");
  }

  /** What sshd said so far. It is read as it comes: wait for a number below, with `expect.poll`. */
  get log(): string {
    return this.#process.output;
  }

  /** Connections that sshd itself counted. */
  get accepted(): number {
    return this.#count(/^Connection from /gm);
  }

  /** Logins that succeeded. */
  get logins(): number {
    return this.#count(/^Accepted \S+ for /gm);
  }

  /** SFTP channels that were opened. */
  get sessions(): number {
    return this.#count(/^Starting session: subsystem 'sftp' /gm);
  }

  /** Connections that are open now: sshd has one process for each. */
  get openConnections(): number {
    return this.#process.children;
  }

  url(path: string = this.root, port: number = this.port): string {
    return `sftp://${this.user}@127.0.0.1:${port}${path}`;
  }

  /** Ends the server and every connection to it, and removes what it left on this machine. */
  stop(): Promise<void> {
    return this.#process.stop();
  }

  /** As `stop`, without waiting for the end. */
  kill(): void {
    this.#process.kill();
  }

  /** Ends the server and every connection to it at once, as a loss of power does. All that it has stays where it is. */
  crash(): Promise<void> {
    return this.#process.crash();
  }

  /** Starts it anew after that, on the same port. */
  revive(): Promise<void> {
    return this.#process.revive();
  }

  /**
   * Puts lines before those that it was started with, in the place of those that were put there last, for the connections that come from now on. What is open
   * stays open.
   */
  async reconfigure(config: readonly string[]): Promise<void> {
    await writeConfig(this.folder, [...config, ...this.#config]);
    await this.#process.reload("SIGHUP");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #count(pattern: RegExp): number {
    return this.log.match(pattern)?.length ?? 0;
  }
}

/** Starts sshd in a temporary folder and waits until it listens. Rejects where it is not installed or says that it cannot. */
export async function startOpenSsh({
  config = [],
  hostKeyTypes = ["ed25519"],
  account = false,
}: OpenSshOptions = {}): Promise<OpenSshServer> {
  const program = findProgram("openssh-server");
  if (program === undefined)
    throw new Error("openssh-server is not installed (Debian: apt-get install openssh-server)");
  preparePrivilegeSeparation();
  const all = [...config, ...penalties(program)];
  const server = await startServerProcess({
    name: "sshd",
    account,
    ready: /^Server listening on /m,
    command: async (place) => {
      await writeKeys(place, hostKeyTypes);
      await makeRoot(place);
      all.push(...configOf(place, hostKeyTypes));
      await writeConfig(place.folder, all);
      return [program, "-D", "-e", "-f", configFile(place.folder)];
    },
  });
  return new OpenSshServer(server, all);
}

async function writeConfig(folder: string, lines: readonly string[]): Promise<void> {
  await writeFile(configFile(folder), `${lines.join("\n")}\n`);
}

function configFile(folder: string): string {
  return join(folder, "sshd_config");
}

async function makeRoot({ folder, account }: ServerPlace): Promise<void> {
  const root = join(folder, "root");
  await mkdir(root);
  if (account !== undefined) await run("chown", [`${account.name}:`, root]);
}

async function writeKeys({ folder, port }: ServerPlace, hostKeyTypes: readonly HostKeyType[]): Promise<void> {
  await Promise.all([
    ...hostKeyTypes.map((type) => generateKey(type, join(folder, `host_${type}`))),
    generateKey("ed25519", join(folder, "user_key")),
  ]);
  await writeFile(join(folder, "authorized_keys"), await readFile(join(folder, "user_key.pub")));
  await writeKnownHosts(folder, hostKeyTypes, port);
}

function configOf({ folder, port, account }: ServerPlace, hostKeyTypes: readonly HostKeyType[]): string[] {
  return [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    ...hostKeyTypes.map((type) => `HostKey ${join(folder, `host_${type}`)}`),
    `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
    `PidFile ${join(folder, "pid")}`,
    "StrictModes no",
    "UsePAM no",
    `PasswordAuthentication ${account === undefined ? "no" : "yes"}`,
    "PermitRootLogin yes",
    "LogLevel VERBOSE",
    "MaxStartups 200",
    "Subsystem sftp internal-sftp",
  ];
}

/** From 9.8 on sshd shuts out, for a while, an address from which logins fail; here all of them come from one. Older ones do not know the word. */
function penalties(program: string): string[] {
  const { stderr } = spawnSync(program, ["-V"], { encoding: "utf8" });
  const [, major = 0, minor = 0] = (/OpenSSH_(\d+)\.(\d+)/.exec(stderr) ?? []).map(Number);
  return major > 9 || (major === 9 && minor >= 8) ? ["PerSourcePenalties no"] : [];
}

async function writeKnownHosts(folder: string, hostKeyTypes: readonly HostKeyType[], port: number): Promise<void> {
  const keys = await Promise.all(hostKeyTypes.map((type) => readFile(join(folder, `host_${type}.pub`), "utf8")));
  await writeFile(join(folder, "known_hosts"), keys.map((key) => `[127.0.0.1]:${port} ${key}`).join(""));
}

async function generateKey(type: string, file: string): Promise<void> {
  const size = type === "rsa" ? ["-b", "2048"] : [];
  await run("ssh-keygen", ["-q", "-t", type, ...size, "-N", "", "-C", "samewire test", "-f", file]);
}

/** As root sshd wants this folder, which Debian's service makes at boot. */
function preparePrivilegeSeparation(): void {
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
}
