import { randomBytes } from "node:crypto";

const shape = /^\.samewire-[0-9a-f]{16}\.tmp$/;

/** A name for a file that is about to be renamed into place: hidden, unique, recognisable, and short enough for every server. */
export function tempName(): string {
  return `.samewire-${randomBytes(8).toString("hex")}.tmp`;
}

/** Whether a name is that of a temporary which an interrupted `put` may have left behind. */
export function isTempName(name: string): boolean {
  return shape.test(name);
}
