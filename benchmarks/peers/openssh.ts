import { programVersion } from "./program-version.ts";
import type { Command, Destination, TransferPeer } from "./transfer.ts";
import { placeOf } from "./transfer.ts";

export interface OpenSshSettings {
  /** Default: what both sides agree on. */
  readonly cipher?: string;
}

/** OpenSSH's `sftp`, which is told what to do by a batch on its standard input. */
export function openSshSftp({ cipher }: OpenSshSettings = {}): TransferPeer {
  return {
    name: cipher === undefined ? "OpenSSH sftp" : `OpenSSH sftp ${shortName(cipher)}`,
    version: openSshVersion,
    can: (scheme) => scheme === "sftp",
    commands({ action, what, local, remote }, destination) {
      const { host, port, user, path } = placeOf(destination);
      const [from, to] = action === "put" ? [local, path(remote)] : [path(remote), local];
      const words: Command["words"] = ["sftp", "-q", "-b", "-", ...sshWords(destination, cipher), "-P", port];
      const line = `${action}${what === "tree" ? " -R" : ""} "${from}" "${to}"\n`;
      return Promise.resolve([{ words: [...words, `${user}@${host}`], input: line }]);
    },
  };
}

/** OpenSSH's `scp`, which speaks SFTP from version 9 on. */
export function openSshScp({ cipher }: OpenSshSettings = {}): TransferPeer {
  return {
    name: cipher === undefined ? "OpenSSH scp" : `OpenSSH scp ${shortName(cipher)}`,
    version: openSshVersion,
    can: (scheme) => scheme === "sftp",
    commands({ action, what, local, remote }, destination) {
      const { host, port, user, path } = placeOf(destination);
      const there = `${user}@${host}:${path(remote)}`;
      const [from, to] = action === "put" ? [local, there] : [there, local];
      const recursively = what === "tree" ? ["-r"] : [];
      return Promise.resolve([
        { words: ["scp", "-q", ...recursively, ...sshWords(destination, cipher), "-P", port, from, to] },
      ]);
    },
  };
}

/** What makes OpenSSH's client connect with nothing but the destination's key, and ask nobody. */
export function sshWords({ identityFile }: Destination, cipher?: string): readonly string[] {
  return [
    ...["-F", "none"],
    ...(identityFile === undefined ? [] : ["-i", identityFile, "-o", "IdentitiesOnly=yes"]),
    ...["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
    // Otherwise it says on every connection that it has learned the host's key.
    ...["-o", "LogLevel=ERROR"],
    ...(cipher === undefined ? [] : ["-o", `Ciphers=${cipher}`]),
  ];
}

function openSshVersion(): Promise<string | undefined> {
  return programVersion("ssh", "-V");
}

function shortName(cipher: string): string {
  return cipher.replace(/@.*/, "");
}
