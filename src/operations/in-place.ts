import type { Stat } from "../transport/stat.ts";
import type { Transport } from "../transport/transport.ts";
import type { Spool } from "../transport/verbs/spool.ts";
import { spool } from "../transport/verbs/spool.ts";
import type { Ends } from "./tree-options.ts";

/**
 * Whether what is written over in place looks like the source, and may be the source, by another name: through a link above it, by another name of the host. Its
 * content would be gone before it is read.
 */
export function mayBeItself({ source, target }: Ends, stat: Stat, there: Stat | undefined): boolean {
  if (there === undefined || source.capabilities.local !== target.capabilities.local) return false;
  const [one, other] = [stat.mtime?.getTime(), there.mtime?.getTime()];
  return there.sizeBytes === stat.sizeBytes && (one === undefined || other === undefined || one === other);
}

/** The content of a file, read to its end. */
export async function readFirst(source: Transport, path: string, signal: AbortSignal | undefined): Promise<Spool> {
  return await spool(await source.get(path, { signal }));
}
