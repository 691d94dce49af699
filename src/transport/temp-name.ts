import { randomFillSync } from "node:crypto";

const shape = /^\.samewire-[0-9a-f]{16}\.tmp$/;

const nameBytes = 8;
/** Random bytes are drawn for many names at once: each draw costs as much as a small write. */
const pool = Buffer.alloc(nameBytes * 256);
let used = pool.length;

/** A name for what is about to be renamed into place: hidden, unique, recognisable, and short enough for every server. */
export function tempName(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const unique = pool.toString("hex", used, used + nameBytes);
  used += nameBytes;
  return `.samewire-${unique}.tmp`;
}

/** Whether a name is that of a temporary which an interrupted `put` or `lock` may have left behind. */
export function isTempName(name: string): boolean {
  return shape.test(name);
}
