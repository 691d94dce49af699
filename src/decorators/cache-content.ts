import { TransportError, isTransportError } from "../errors/transport-error.ts";
import type { Operation } from "../transport/operation.ts";
import type { GetBytesOptions } from "../transport/verb-options.ts";
import type { Answered, CacheMemory, KnownFile, StatAnswer } from "./cache-memory.ts";
import { isSameVersion, isSettled, versionOf } from "./cache-version.ts";

/** How the content of one file is asked for. */
export interface ContentAsk {
  /** The file's URL. */
  readonly question: string;
  readonly operation: Operation;
  /** Whether all of it is wanted: then it is worth holding. */
  readonly isWhole: boolean;
  /** The step in which the server stores times. */
  readonly stepMs: () => number;
  /** What is there now, links followed. */
  readonly look: () => Promise<Answered<StatAnswer>>;
  readonly read: (options: GetBytesOptions) => Promise<Buffer>;
}

/** The content of a file as it is held, and still is, or as it is now held; undefined where whoever asks must read for himself. */
export async function contentOf(memory: CacheMemory, ask: ContentAsk): Promise<Buffer | undefined> {
  const { question, isWhole } = ask;
  const { clock, maxFileBytes } = memory.options;
  const before = memory.knownFile(question);
  if (before?.content === undefined) {
    if (!isWhole) return undefined;
    // It cannot be held yet, or not at all: a look would be for nothing.
    if (before !== undefined && !isSettled(before, ask.stepMs(), clock)) return await read(memory, ask, before);
  }
  // Why a file cannot be looked at is for its reader to find out, in the words that fit.
  const look = await ask.look().catch(unlessAborted);
  if (look === undefined || look.value instanceof TransportError) return undefined;
  const version = versionOf(look.value, maxFileBytes);
  // What was held before the look may have been changed meanwhile.
  const known = memory.knownFile(question);
  const isSame = known?.version !== undefined && version !== undefined && isSameVersion(known.version, version);
  if (isSame && known.content !== undefined) {
    memory.counts[look.from === "hits" ? "hits" : "validated"]++;
    return known.content;
  }
  if (!isWhole) return undefined;
  if (isSame) return await read(memory, ask, known);
  const seen: KnownFile = { version, seenAt: clock.now() };
  memory.know(question, seen);
  return await read(memory, ask, seen);
}

/** Reads all of a file, once for all who want the same version of it now, and holds it where that is safe. */
async function read(memory: CacheMemory, ask: ContentAsk, known: KnownFile): Promise<Buffer | undefined> {
  const { version } = known;
  if (version === undefined) return undefined;
  const { question, operation } = ask;
  const { clock, maxFileBytes } = memory.options;
  const { sizeBytes, mtimeMs, etag } = version;
  const settled = isSettled(known, ask.stepMs(), clock);
  const send = async (signal: AbortSignal | undefined): Promise<Buffer> => {
    const content = await ask.read({ expectedBytes: sizeBytes, maxBytes: maxFileBytes, signal });
    if (settled && content.length === sizeBytes) memory.hold(question, known, content);
    return content;
  };
  const exactly = `${question} ${sizeBytes} ${mtimeMs} ${etag}`;
  memory.counts[memory.contents.isOpen(exactly) ? "shared" : "misses"]++;
  try {
    if (memory.isChanging) return await send(operation.signal);
    return await memory.contents.join(exactly, operation, send);
  } catch (error) {
    // It has grown since it was looked at.
    if (isTransportError(error, "no-space")) return undefined;
    throw error;
  }
}

function unlessAborted(error: unknown): undefined {
  if (isTransportError(error, "aborted")) throw error;
}
