import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

import type { Stat, Transport } from "samewire";
import { isTransportError } from "samewire";

/** One file of a partner. */
export interface Delivery {
  readonly name: string;
  /** What tells this content from every other, so that it can be loaded once. */
  readonly sha256: string;
  readonly content: Buffer;
}

/** What became of the files that were there. */
export interface Taken {
  readonly done: readonly string[];
  /** Still being written. */
  readonly growing: readonly string[];
  /** Why a file could not be taken; it stays where it is. */
  readonly failed: ReadonlyMap<string, string>;
}

/**
 * Takes what a partner has delivered: each file that is complete is loaded, and then moved to `done/`. `load` may be called again for a file that it has loaded,
 * where this process ended before the file was moved: it tells by `sha256` that there is nothing to do.
 */
export async function takeDeliveries(
  inbox: Transport,
  load: (delivery: Delivery) => Promise<void>,
  { quietMs = 5_000, maxBytes = 64 * 1024 * 1024, signal }: TakeOptions = {},
): Promise<Taken> {
  // Two machines that poll the same inbox take turns; the second one comes back later.
  await using _turn = await inbox.lock("inbox");
  const before = await filesOf(inbox, signal);
  // Nobody says when an upload is complete: it is one that does not grow.
  if (before.size > 0) await pause(quietMs, undefined, { signal });
  const now = before.size > 0 ? await filesOf(inbox, signal) : before;

  const done: string[] = [];
  const growing: string[] = [];
  const failed = new Map<string, string>();
  await inbox.clone("done").ensureBase();
  for (const [name, stat] of now) {
    if (!isSame(before.get(name), stat)) {
      growing.push(name);
      continue;
    }
    try {
      const content = await inbox.getBytes(name, { maxBytes, signal });
      const sha256 = createHash("sha256").update(content).digest("hex");
      await load({ name, sha256, content });
      await inbox.move(name, `done/${name}`);
      done.push(name);
    } catch (error) {
      signal?.throwIfAborted();
      // Where the server is gone, the others would fail as well.
      if (isTransportError(error, "connection-lost", "connection-failed", "timeout")) throw error;
      failed.set(name, error instanceof Error ? error.message : String(error));
    }
  }
  return { done, growing, failed };
}

export interface TakeOptions {
  /** How long a file has to stay as it is. Longer than the pauses of whoever uploads. Default 5,000. */
  readonly quietMs?: number;
  /** A larger file is not taken, and reported. Default 64 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

async function filesOf(inbox: Transport, signal: AbortSignal | undefined): Promise<Map<string, Stat>> {
  const files = new Map<string, Stat>();
  for await (const { name, path, stat } of inbox.list("", { mtimes: true, signal })) {
    const found = stat ?? (await inbox.stat(path, { signal }));
    if (found.type === "file") files.set(name, found);
  }
  return files;
}

function isSame(one: Stat | undefined, other: Stat): boolean {
  return one?.sizeBytes === other.sizeBytes && one.mtime?.getTime() === other.mtime?.getTime();
}
