import type { Location } from "../../url/location.ts";
import type { Finding } from "../across-loss.ts";
import { acrossLoss, done, unclear } from "../across-loss.ts";
import type { Operation } from "../operation.ts";
import type { Primitives } from "../primitives.ts";
import { isInMemory } from "./source.ts";
import { lookAt } from "./look-at.ts";
import { readAll } from "./read-all.ts";

/** Of what was appended that many bytes at most are read back: its end. */
const comparedBytes = 64 * 1024;

/** Appends to a file, or makes it; resolves with its length before. Never sends anything twice: an append that comes late would be there twice. */
export async function append(
  primitives: Primitives,
  at: Location,
  source: Uint8Array | AsyncIterable<Uint8Array>,
  mode: number | undefined,
  operation: Operation,
): Promise<number> {
  let lengthBefore: number | undefined;
  const begins = (length: number): void => void (lengthBefore = length);
  const request = { how: "append", mode, mtime: undefined, fsync: false, begins } as const;
  const send = async (): Promise<number> => (await primitives.writeAt(at, source, request, operation)).lengthBefore;
  const look = async (looking: Operation): Promise<Finding<number>> => {
    if (lengthBefore === undefined || !isInMemory(source)) return unclear;
    return (await isThere(primitives, at, lengthBefore, source, looking)) ? done(lengthBefore) : unclear;
  };
  return await acrossLoss(isInMemory(source) ? "append" : "append, from a source", operation, send, look);
}

/** Whether a file has all of some bytes at a place in it, by its length and the end of them. */
async function isThere(
  primitives: Primitives,
  at: Location,
  offset: number,
  bytes: Uint8Array,
  operation: Operation,
): Promise<boolean> {
  const found = await lookAt(primitives, at, operation);
  const end = offset + bytes.length;
  if (found?.type !== "file" || found.sizeBytes < end) return false;
  const tail = bytes.subarray(-comparedBytes);
  if (tail.length === 0) return true;
  const stream = await primitives.readAt(at, { offset: end - tail.length, length: tail.length }, operation);
  return (await readAll(stream, tail.length)).equals(tail);
}
