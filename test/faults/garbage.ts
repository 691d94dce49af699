import { createHash } from "node:crypto";

/** Random bytes, the same for the same seed. */
export function garbage(length: number, seed: string): Buffer {
  return createHash("shake256", { outputLength: length }).update(seed).digest();
}
