import type { Stat } from "../index.ts";
import { TransportError } from "../index.ts";
import type { Place } from "./place.ts";
import { onOneWire } from "./place.ts";
import type { Session } from "./session.ts";

/** What is to be copied. */
export interface Source {
  readonly place: Place;
  /** Of what is there, links followed. */
  readonly stat: Stat;
}

export interface CopyHow {
  /** Permission bits of the copy; otherwise the source's. */
  readonly mode?: number | undefined;
  /** Keep the modification time, and all twelve permission bits. */
  readonly preserve?: boolean;
  readonly atomic: boolean;
  readonly createParents?: boolean;
}

/** Read once, before anything is written: to read it is to set it for a moment, for all threads. */
const umask = process.umask();

/**
 * Copies a file, on the server where both ends are on one wire and nothing else is asked for; answers with its length in bytes. A copy through this
 * process is never more open than its source, nor than the user's umask allows.
 */
export async function copyFile(session: Session, source: Source, to: Place, how: CopyHow): Promise<number> {
  const { place: from, stat } = source;
  const { signal } = session;
  const wire = onOneWire(from, to, session.options);
  if (wire !== undefined && wire.from === wire.to)
    throw new TransportError("already-exists", "source and target are the same file", {
      operation: "copy",
      url: from.url,
    });
  const plain = how.mode === undefined && how.preserve !== true && how.atomic && how.createParents !== true;
  if (wire !== undefined && plain) {
    await wire.transport.copy(wire.from, wire.to, { signal });
    return stat.sizeBytes;
  }
  const { capabilities } = to.transport;
  const content = await from.transport.get(from.path, { signal });
  try {
    return await to.transport.put(to.path, content, {
      mode: how.mode ?? (capabilities.modes ? modeOfCopy(stat.mode, how) : undefined),
      mtime: how.preserve === true && capabilities.setsMtime ? stat.mtime : undefined,
      atomic: how.atomic,
      createParents: how.createParents,
      signal,
    });
  } finally {
    content.destroy();
  }
}

/** What a copy of something with these permission bits gets. */
export function modeOfCopy(mode: number | undefined, { preserve }: Pick<CopyHow, "preserve">): number | undefined {
  if (mode === undefined || preserve === true) return mode;
  return mode & 0o777 & ~umask;
}

/** Makes the same link in another place. */
export async function copyLink({ signal }: Session, from: Place, to: Place): Promise<void> {
  const target = await from.transport.readlink(from.path, { signal });
  await to.transport.symlink(target, to.path, { signal });
}
