import type { Stat } from "../index.ts";
import { TransportError, isTransportError } from "../index.ts";
import { mayBeItself, readFirst } from "../operations/in-place.ts";
import { nearestTime } from "../operations/nearest-time.ts";
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
  // A server gives its copy all bits that the source has, also those that make it run in its owner's name.
  const isHarmless = (stat.mode ?? 0) <= 0o777;
  const plain =
    how.mode === undefined && how.preserve !== true && how.atomic && how.createParents !== true && isHarmless;
  if (wire !== undefined && plain) {
    await wire.transport.copy(wire.from, wire.to, { signal });
    how.moved?.(stat.sizeBytes);
    return stat.sizeBytes;
  }
  const { capabilities } = to.transport;
  const keepsTime = how.preserve === true && capabilities.setsMtime && stat.mtime !== undefined;
  await using opened = await open(session, source, to, how);
  const { content } = opened;
  return await to.transport.put(to.path, how.moved === undefined ? content : counted(content, how.moved), {
    mode: how.mode ?? (capabilities.modes ? modeOfCopy(stat.mode, how) : undefined),
    mtime: keepsTime ? nearestTime(stat.mtime, capabilities) : undefined,
    atomic: how.atomic,
    createParents: how.createParents,
    signal,
  });
}

interface Opened extends AsyncDisposable {
  readonly content: AsyncIterable<Uint8Array>;
}

/** The content of a source; read to its end first where it may be what is written over in place, and empty by then. */
async function open(
  { signal }: Session,
  { place: { transport, path }, stat }: Source,
  to: Place,
  { atomic }: CopyFileHow,
): Promise<Opened> {
  const ends = { source: transport, target: to.transport };
  if (!atomic && mayBeItself(ends, stat, await thereAt(to, signal))) return await readFirst(transport, path, signal);
  const content = await transport.get(path, { signal });
  return { content, [Symbol.asyncDispose]: async () => void content.destroy() };
}

async function thereAt({ transport, path }: Place, signal: AbortSignal): Promise<Stat | undefined> {
  try {
    return await transport.stat(path, { followLinks: true, signal });
  } catch (error) {
    if (isTransportError(error, "not-found")) return undefined;
    throw error;
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

async function* counted(
  content: AsyncIterable<Uint8Array>,
  moved: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    yield chunk;
    moved(chunk.length);
  }
}
