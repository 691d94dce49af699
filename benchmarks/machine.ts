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
}

export async function describeMachine(): Promise<Machine> {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    system: `${type()} ${release()} ${arch()}`,
    processor: `${availableParallelism()} × ${processors[0]?.model.trim() ?? "unknown"}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    openssl: process.versions.openssl,
    packages: { samewire: packageVersion("samewire"), ssh2: packageVersion("ssh2") },
    openssh: await openSshVersion(),
  };
}

/** The machine in lines for people. */
export function machineText({ date, system, processor, memoryGiB, node, openssl, packages, openssh }: Machine): string {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return [
    `${date}, ${system}, ${processor}, ${memoryGiB} GiB`,
    `Node ${node} (OpenSSL ${openssl}), ${versions.join(", ")}, ${openssh ?? "no OpenSSH"}`,
  ].join("\n");
}

function packageVersion(name: string): string {
  return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
}

function openSshVersion(): Promise<string | undefined> {
  const client = findProgram("openssh-client");
  if (client === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    // It speaks on stderr, and the server of the same package has the same version.
    execFile(client, ["-V"], (error, _stdout, stderr) => resolve(error === null ? stderr.trim() : undefined));
  });
}
