import { TransportError } from "../errors/transport-error.ts";
import type { Stat } from "../transport/stat.ts";
import type { Transport } from "../transport/transport.ts";
import type { ByteRange } from "../transport/verb-options.ts";

/** Files that are worth it. */
const leastBytes = 32 * 1024 * 1024;
/** What each wire is asked for at a time. */
const partBytes = 4 * 1024 * 1024;

/**
 * The content of a large file, fetched in parts over as many wires as are allowed: a server that serves each of them only so fast serves several faster. Undefined
 * where that is not possible, or not worth it. Ends with `connection-lost` where the file was changed meanwhile, since what was fetched is then of no use.
 */
export async function splitContent(
  source: Transport,
  path: string,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const { parallelReads } = source.capabilities;
  if (!parallelReads || (source.connectionReport()?.limit ?? 1) < 2) return undefined;
  // As long as it is now, and not when it was listed.
  const stat = await source.stat(path, { followLinks: true, signal });
  return stat.sizeBytes < leastBytes ? undefined : parts(source, path, stat, signal);
}

async function* parts(
  source: Transport,
  path: string,
  stat: Stat,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  yield* source.readv(path, rangesOf(stat.sizeBytes), { signal });
  const now = await source.stat(path, { followLinks: true, signal });
  const same =
    now.sizeBytes === stat.sizeBytes && now.etag === stat.etag && now.mtime?.getTime() === stat.mtime?.getTime();
  if (same) return;
  throw new TransportError("connection-lost", "the file was changed while it was read", {
    operation: "get",
    url: source.location.redactedUrl,
    path,
    temporary: true,
  });
}

function rangesOf(sizeBytes: number): readonly ByteRange[] {
  const ranges: ByteRange[] = [];
  for (let offset = 0; offset < sizeBytes; offset += partBytes)
    ranges.push({ offset, length: Math.min(partBytes, sizeBytes - offset) });
  return ranges;
}
