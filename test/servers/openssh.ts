import type { ChildProcess } from "node:child_process";
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { homedir, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";

import { findProgram } from "./find-servers.ts";
import { children, killTree } from "./process-tree.ts";
import type { TemporaryAccount } from "./temporary-account.ts";
import { addAccount } from "./temporary-account.ts";

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

/** Those that were not stopped end with this process, which a test runner ends by a signal. */
const running = new Set<OpenSshServer>();
process.once("exit", () => running.forEach((server) => server.kill()));
process.once("SIGTERM", () => process.exit(143));
process.once("SIGINT", () => process.exit(130));

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
  readonly #process: ChildProcess;
  readonly #pid: number;
  readonly #account: TemporaryAccount | undefined;
  #log = "";

  constructor(child: ChildProcess, place: Place, port: number) {
    this.#process = child;
    this.#pid = child.pid as number;
    this.#account = place.account;
    this.port = port;
    this.user = place.account?.name ?? userInfo().username;
    this.password = place.account?.password;
    this.home = place.account?.home ?? homedir();
    this.folder = place.folder;
    this.root = place.root;
    this.identityFile = join(place.folder, "user_key");
    this.knownHostsFile = join(place.folder, "known_hosts");
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#log += text));
    running.add(this);
  }

  /** What sshd said so far. It is read as it comes: wait for a number below, with `expect.poll`. */
  get log(): string {
    return this.#log;
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
    return this.#hasExited() ? 0 : children(this.#pid).length;
  }

  url(path: string = this.root, port: number = this.port): string {
    return `sftp://${this.user}@127.0.0.1:${port}${path}`;
  }

  /** Ends the server and every connection to it, and removes what it left on this machine. */
  async stop(): Promise<void> {
    const exited = this.#hasExited() ? Promise.resolve() : once(this.#process, "exit");
    this.kill();
    await exited;
  }

  /** As `stop`, without waiting for the end. */
  kill(): void {
    if (!running.delete(this)) return;
    if (!this.#hasExited()) killTree(this.#pid);
    this.#account?.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Resolves once sshd listens; rejects with what it said if it ends instead. */
  async listening(): Promise<void> {
    while (!this.#log.includes(`Server listening on 127.0.0.1 port ${this.port}`)) {
      if (this.#hasExited()) throw new Error(`sshd did not start: ${this.#log}`);
      await setTimeout(10);
    }
  }

  #hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  #count(pattern: RegExp): number {
    return this.#log.match(pattern)?.length ?? 0;
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
  const place = await preparePlace(hostKeyTypes, account);
  const port = await freePort();
  await writeKnownHosts(place.folder, hostKeyTypes, port);
  const configFile = join(place.folder, "sshd_config");
  const lines = [...config, ...penalties(program), ...configOf(place, hostKeyTypes, port)];
  await writeFile(configFile, `${lines.join("\n")}\n`);
  const child = spawn(program, ["-D", "-e", "-f", configFile], { stdio: ["ignore", "ignore", "pipe"] });
  await once(child, "spawn");
  const server = new OpenSshServer(child, place, port);
  try {
    await server.listening();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** What a server has on this machine before it runs. */
interface Place {
  readonly folder: string;
  readonly root: string;
  readonly account: TemporaryAccount | undefined;
}

async function preparePlace(hostKeyTypes: readonly HostKeyType[], withAccount: boolean): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "samewire-sshd-"));
  await chmod(folder, 0o755);
  const root = join(folder, "root");
  await Promise.all([
    ...hostKeyTypes.map((type) => generateKey(type, join(folder, `host_${type}`))),
    generateKey("ed25519", join(folder, "user_key")),
    mkdir(root),
  ]);
  await writeFile(join(folder, "authorized_keys"), await readFile(join(folder, "user_key.pub")));
  const account = withAccount ? addAccount(join(folder, "home")) : undefined;
  if (account !== undefined) await run("chown", [`${account.name}:`, root]);
  return { folder, root, account };
}

function configOf({ folder, account }: Place, hostKeyTypes: readonly HostKeyType[], port: number): string[] {
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
