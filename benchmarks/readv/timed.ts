import type { Reading } from "./range-reader.ts";
import { digestOf } from "./scattered.ts";

/** How long it takes to have all the parts in memory; what they are is looked at afterwards. */
export async function timed(read: () => Promise<readonly Uint8Array[]>): Promise<Reading> {
  const from = performance.now();
  const parts = await read();
  const ms = performance.now() - from;
  return { ms, digest: digestOf(parts) };
}
