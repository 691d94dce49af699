import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os";

import { findProgram } from "../test/servers/find-servers.ts";

/** What numbers were measured on. */
export interface Machine {
  readonly date: string;
  readonly system: string;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly openssl: string;
  readonly packages: Readonly<Record<string, string>>;
  /** `OpenSSH_9.2p1 …`; undefined where none is installed. */
  readonly openssh: string | undefined;
  /** `vsftpd 3.0.3`; undefined where none is installed. */
  readonly vsftpd: string | undefined;
}

const packages = ["samewire", "ssh2", "basic-ftp"];

export async function describeMachine(): Promise<Machine> {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    system: `${type()} ${release()} ${arch()}`,
    processor: `${availableParallelism()} × ${processors[0]?.model.trim() ?? "unknown"}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    openssl: process.versions.openssl,
    packages: Object.fromEntries(packages.map((name) => [name, packageVersion(name)])),
    openssh: await openSshVersion(),
    vsftpd: await vsftpdVersion(),
  };
}

/** The machine in lines for people. */
export function machineText(machine: Machine): string {
  const { date, system, processor, memoryGiB, node, openssl, openssh, vsftpd } = machine;
  const versions = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  return [
    `${date}, ${system}, ${processor}, ${memoryGiB} GiB`,
    `Node ${node} (OpenSSL ${openssl}), ${versions.join(", ")}, ${openssh ?? "no OpenSSH"}, ${vsftpd ?? "no vsftpd"}`,
  ].join("\n");
}

function packageVersion(name: string): string {
  return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
}

function openSshVersion(): Promise<string | undefined> {
  // The server of the same package has the same version.
  return versionOf(findProgram("openssh-client"), 'exec "$0" -V 2>&1');
}

async function vsftpdVersion(): Promise<string | undefined> {
  // It speaks where a client would be: to its standard input.
  return (await versionOf(findProgram("vsftpd"), 'exec "$0" -v 0>&1'))?.replace(": version", "");
}

/** What a program says of itself on the standard output of a line of shell, its path being `$0`. */
function versionOf(program: string | undefined, script: string): Promise<string | undefined> {
  if (program === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    execFile("sh", ["-c", script, program], (error, stdout) => resolve(error === null ? stdout.trim() : undefined));
  });
}
