import { setTimeout } from "node:timers/promises";

/** A number that a server's log gives, once it has not changed for a while: what a server writes takes a moment to be read. */
export async function settled(read: () => number): Promise<number> {
  let before = -1;
  while (before !== read()) {
    before = read();
    await setTimeout(50);
  }
  return before;
}
