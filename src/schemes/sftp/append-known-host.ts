import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";

import { TransportError } from "../../errors/transport-error.ts";
import type { HostIdentity } from "./known-hosts-line.ts";
import { formatKnownHostsLine } from "./known-hosts-line.ts";

/**
 * Adds a host's key to a known_hosts file, which it creates if need be, readable by its owner alone, as is the directory. Only ever called when the
 * caller asked for it.
 *
 * @throws TransportError `permission-denied` where the file cannot be written.
 */
export function appendKnownHost(
  file: string,
  identity: HostIdentity,
  key: Uint8Array,
  options: { readonly hashed?: boolean } = {},
): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const descriptor = openSync(file, "a+", 0o600);
    try {
      // One write, so that processes that record at the same time do not mix their lines.
      writeSync(descriptor, `${endsInLine(descriptor) ? "" : "\n"}${formatKnownHostsLine(identity, key, options)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const denied = code === "EACCES" || code === "EPERM" || code === "EROFS";
    throw new TransportError(
      denied ? "permission-denied" : "unexpected",
      `cannot record the host key in ${file}: ${message}`,
      {
        operation: "connect",
        hint: "Make the file writable, name another one with ssh: { knownHosts: … }, or accept the key without recording it",
        cause: error,
      },
    );
  }
}

/** Whether what is written next begins a line. */
function endsInLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(descriptor, last, 0, 1, size - 1);
  return last[0] === 0x0a;
}
