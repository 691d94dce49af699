import type { Readable } from "node:stream";

import type { Stat } from "../index.ts";
import { TransportError } from "../index.ts";
import type { Place } from "./place.ts";
import { onOneWire } from "./place.ts";
import type { Session } from "./session.ts";

/** A file that is to be copied. */
export interface Source {
  readonly place: Place;
  /** Of what is there, links followed. */
  readonly stat: Stat;
}

export interface CopyFileHow {
  /** Permission bits of the copy; otherwise the source's. */
  readonly mode?: number | undefined;
  /** Keep the modification time, and all twelve permission bits. */
  readonly preserve?: boolean;
  readonly atomic: boolean;
  readonly createParents?: boolean;
  /** Is told of bytes as they move. */
  readonly moved?: (bytes: number) => void;
}

/** Read once, before anything is written: to read it is to set it for a moment, for all threads. */
const umask = process.umask();

/**
 * Copies a file to a name of its own, on the server where both ends are on one wire and nothing else is asked for; answers with its length in bytes. A copy
 * through this process is never more open than its source, nor than the user's umask allows.
 */
export async function copyFile(session: Session, source: Source, to: Place, how: CopyFileHow): Promise<number> {
  const { place: from, stat } = source;
  const { signal } = session;
  refuseItself(session, from, to);
  const wire = onOneWire(from, to, session.options);
  const plain = how.mode === undefined && how.preserve !== true && how.atomic && how.createParents !== true;
  if (wire !== undefined && plain) {
    await wire.transport.copy(wire.from, wire.to, { signal });
    how.moved?.(stat.sizeBytes);
    return stat.sizeBytes;
  }
  const { capabilities } = to.transport;
  const content = await from.transport.get(from.path, { signal });
  try {
    return await to.transport.put(to.path, how.moved === undefined ? content : counted(content, how.moved), {
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

/** @throws TransportError where both places are one */
export function refuseItself({ options }: Session, from: Place, to: Place): void {
  const wire = onOneWire(from, to, options);
  if (wire === undefined || wire.from !== wire.to) return;
  throw new TransportError("already-exists", "source and target are the same file", {
    operation: "copy",
    url: from.url,
  });
}

function modeOfCopy(mode: number | undefined, { preserve }: CopyFileHow): number | undefined {
  if (mode === undefined || preserve === true) return mode;
  return mode & 0o777 & ~umask;
}

async function* counted(content: Readable, moved: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of content as AsyncIterable<Buffer>) {
    yield chunk;
    moved(chunk.length);
  }
}
