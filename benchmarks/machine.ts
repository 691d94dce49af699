import { execFile } from "node:child_process";
import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os";

import { findProgram } from "../test/servers/find-servers.ts";
import { packageVersion } from "./package-version.ts";
import { transferPeers } from "./peers/peers.ts";

/** What numbers were measured on. */
export interface Machine {
  readonly date: string;
  readonly system: string;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly openssl: string;
  readonly packages: Readonly<Record<string, string>>;
  /** Everybody else whom samewire is compared with in copies, as they say themselves. */
  readonly peers: Readonly<Record<string, string>>;
  /** `OpenSSH_9.2p1 …`; undefined where none is installed. */
  readonly openssh: string | undefined;
  /** `vsftpd 3.0.3`; undefined where none is installed. */
  readonly vsftpd: string | undefined;
}

const packages = ["samewire", "ssh2", "basic-ftp", "undici"];

export async function describeMachine(): Promise<Machine> {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    system: `${type()} ${release()} ${arch()}`,
    processor: `${availableParallelism()} × ${processors[0]?.model.trim() ?? "unknown"}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    openssl: process.versions.openssl,
    packages: Object.fromEntries(packages.map((name) => [name, packageVersion(name) ?? "missing"])),
    peers: await peerVersions(),
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

async function peerVersions(): Promise<Readonly<Record<string, string>>> {
  const versions = await Promise.all(transferPeers.map(async (peer) => [peer.name, await peer.version()] as const));
  return Object.fromEntries(versions.filter((entry): entry is [string, string] => entry[1] !== undefined));
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
