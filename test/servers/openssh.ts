import type { ChildProcess } from "node:child_process";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { findProgram } from "./find-servers.ts";

const run = promisify(execFile);

export interface OpenSshOptions {
  /** Lines of sshd_config beside ours; they come first, and the first value wins. */
  readonly config?: readonly string[];
  /** Types of host keys. Default ed25519 alone. */
  readonly hostKeyTypes?: readonly ("ed25519" | "rsa" | "ecdsa")[];
}

/** A real sshd on a free port of 127.0.0.1, for the user that runs the tests, who is let in with the key in `identityFile`. */
export class OpenSshServer implements AsyncDisposable {
  readonly port: number;
  readonly user: string = userInfo().username;
  /** Holds everything of this server; removed with it. */
  readonly folder: string;
  /** A writable directory for tests. */
  readonly root: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  readonly #process: ChildProcess;
  #log = "";

  constructor(process: ChildProcess, folder: string, port: number) {
    this.#process = process;
    this.folder = folder;
    this.port = port;
    this.root = join(folder, "root");
    this.identityFile = join(folder, "user_key");
    this.knownHostsFile = join(folder, "known_hosts");
    process.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#log += text));
  }

  /** What sshd said so far. */
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

  /** SFTP sessions that were opened. */
  get sessions(): number {
    return this.#count(/^subsystem request for sftp/gm);
  }

  url(path: string = this.root, port: number = this.port): string {
    return `sftp://${this.user}@127.0.0.1:${port}${path}`;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      // sshd runs each session in processes of its own, all in the group that it leads.
      process.kill(-(this.#process.pid as number), "SIGKILL");
      await once(this.#process, "exit");
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #count(pattern: RegExp): number {
    return this.#log.match(pattern)?.length ?? 0;
  }
}

/** Starts sshd in a temporary folder and waits until it listens. Rejects where it is not installed or says that it cannot. */
export async function startOpenSsh({
  config = [],
  hostKeyTypes = ["ed25519"],
}: OpenSshOptions = {}): Promise<OpenSshServer> {
  const program = findProgram("openssh-server");
  if (program === undefined)
    throw new Error("openssh-server is not installed (Debian: apt-get install openssh-server)");
  const folder = await mkdtemp(join(tmpdir(), "samewire-sshd-"));
  await chmod(folder, 0o755);
  const port = await freePort();
  const hostKeys = hostKeyTypes.map((type) => join(folder, `host_${type}`));
  await Promise.all([
    ...hostKeyTypes.map((type) => generateKey(type, join(folder, `host_${type}`))),
    generateKey("ed25519", join(folder, "user_key")),
    mkdir(join(folder, "root")),
    preparePrivilegeSeparation(),
  ]);
  await writeFile(join(folder, "authorized_keys"), await readFile(join(folder, "user_key.pub")));
  const publicKeys = await Promise.all(hostKeys.map((file) => readFile(`${file}.pub`, "utf8")));
  await writeFile(join(folder, "known_hosts"), publicKeys.map((key) => `[127.0.0.1]:${port} ${key}`).join(""));
  const lines = [
    ...config,
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    ...hostKeys.map((file) => `HostKey ${file}`),
    `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
    `PidFile ${join(folder, "pid")}`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "PermitRootLogin yes",
    "LogLevel VERBOSE",
    "MaxStartups 200",
    "Subsystem sftp internal-sftp",
  ];
  const configFile = join(folder, "sshd_config");
  await writeFile(configFile, `${lines.join("\n")}\n`);
  const child = spawn(program, ["-D", "-e", "-f", configFile], { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const server = new OpenSshServer(child, folder, port);
  await listening(server, child, port);
  return server;
}

async function generateKey(type: string, file: string): Promise<void> {
  const size = type === "rsa" ? ["-b", "2048"] : [];
  await run("ssh-keygen", ["-q", "-t", type, ...size, "-N", "", "-C", "samewire test", "-f", file]);
}

/** As root sshd wants this folder, which Debian's service makes at boot. */
async function preparePrivilegeSeparation(): Promise<void> {
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
}

async function listening(server: OpenSshServer, child: ChildProcess, port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) break;
    if (server.log.includes(`Server listening on 127.0.0.1 port ${port}`)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  const { log } = server;
  await server.stop();
  throw new Error(`sshd did not start: ${log}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
