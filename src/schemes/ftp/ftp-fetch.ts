import { TransportError } from "../../errors/transport-error.ts";
import type { ReadBytesLimits } from "../../transport/primitives.ts";
import { tooLarge } from "../../transport/verbs/read-all.ts";
import { drained, giveUp } from "./ftp-drain.ts";
import { sizeOf } from "./ftp-look.ts";
import type { OpenedFile } from "./ftp-open.ts";
import type { Turn } from "./ftp-turn.ts";

/** All that a transfer brings, which has to be as much as the server said. `whole`: the path, where it is a whole file. */
export async function fetchAll(
  { wire, lease }: Turn,
  { transfer, due }: OpenedFile,
  { maxBytes, expectedBytes }: ReadBytesLimits,
  whole: string | undefined,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (chunk: Buffer): void => {
    lease.progress();
    size += chunk.length;
    chunks.push(chunk);
    // What the server says next is of no interest, and unknown.
    if (size > maxBytes) lease.discard(tooLarge(maxBytes));
  };
  try {
    await drained(transfer, take);
    await transfer.confirmed;
  } catch (error) {
    throw giveUp(wire, transfer, error);
  }
  const isSuspicious = due === undefined && whole !== undefined && size < (expectedBytes ?? 0);
  const announced = isSuspicious ? await sizeOf(wire, whole) : due;
  if (announced !== undefined && size < announced)
    throw new TransportError("short-read", `the server sent ${size} of ${announced} bytes`);
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
}
