import { hostname, userInfo } from "node:os";

import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import type { Lock } from "../lock.ts";
import type { Operation } from "../operation.ts";
import { startOperation } from "../operation.ts";
import type { Primitives } from "../primitives.ts";
import { readAll } from "./read-all.ts";

const holderName = "holder.json";
const maxHolderBytes = 4096;

/**
 * Takes the lock of a path: the directory `<path>.lock`, which only one can make. It holds a file that says who has it. Nothing breaks a
 * lock but its holder's `release`, or somebody who deletes that directory.
 */
export async function lock(primitives: Primitives, at: Location, path: string, operation: Operation): Promise<Lock> {
  const directory = at.parent().resolve(`./${at.name}.lock`);
  const holder = directory.resolve(holderName);
  try {
    await primitives.mkdirAt(directory, { mode: undefined }, operation);
  } catch (error) {
    if (!isTransportError(error, "already-exists")) throw error;
    throw new TransportError("locked", `locked by ${await holderOf(primitives, holder, operation)}`, {
      temporary: true,
      hint: `If that process is gone, delete ${directory.redactedUrl}`,
      cause: error,
    });
  }
  await primitives.writeAt(holder, whoWeAre(), { how: "replace", mode: undefined, mtime: undefined, fsync: false }, operation);
  let released: Promise<void> | undefined;
  const release = (): Promise<void> => (released ??= unlock(primitives, holder, directory));
  return { path, release, [Symbol.asyncDispose]: release };
}

async function unlock(primitives: Primitives, holder: Location, directory: Location): Promise<void> {
  const operation = startOperation("lock", undefined);
  await primitives.deleteAt(holder, operation);
  await primitives.rmdirAt(directory, operation);
}

function whoWeAre(): Buffer {
  return Buffer.from(`${JSON.stringify({ user: userInfo().username, host: hostname(), pid: process.pid, since: new Date().toISOString() })}\n`);
}

async function holderOf(primitives: Primitives, holder: Location, operation: Operation): Promise<string> {
  try {
    const text = await readAll(await primitives.readAt(holder, { offset: 0, length: undefined }, operation), maxHolderBytes);
    const { user, host, pid, since } = JSON.parse(text.toString("utf8")) as Record<string, unknown>;
    return `${shown(user)}@${shown(host)}, process ${shown(pid)}, since ${shown(since)}`;
  } catch {
    return "an unknown holder: its note could not be read"; // The lock itself stands, whatever its note says.
  }
}

/** What another process wrote, fit for a message. */
function shown(value: unknown): string {
  return JSON.stringify(value ?? "?").slice(0, 80);
}
