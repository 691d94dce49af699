import { isTempName } from "samewire";
import { posix } from "node:path";

import type { Content } from "./content.ts";
import { bytesOf } from "./content.ts";
import type { Ledger } from "./ledger.ts";
import { isNobodys } from "./nobodys.ts";
import type { ServerDisk } from "./server-disk.ts";
import type { LeftDirectory } from "./soak-clone.ts";
import type { LooseWorld, Possible } from "./world.ts";

/** What stands in a directory on a server's disk. */
type Found = ReadonlyMap<string, "directory" | Buffer>;

/** Locks are given back by who took them; where that was on a wire that was cut, nobody knows. */
const lockFiles = /\.lock(\/holder-[^/]*\.json)?$/;

/** Looks at a directory from the other side, and says what is wrong if it is none of what it may be. */
export async function verifyDirectory(disk: ServerDisk, left: LeftDirectory, ledger: Ledger): Promise<void> {
  // What was still on its way may have moved what was just listed.
  const found = await look(disk, left.directory, ledger).catch(() => look(disk, left.directory, ledger));
  const certain = left.worlds.length === 1;
  const differences = left.worlds.map((world) => differenceOf(world, found, !certain));
  const match = differences.indexOf(undefined);
  if (match >= 0) {
    if (!certain) ledger.uncertain++;
    for (const possible of [...(left.worlds[match] as LooseWorld).values()].flat())
      if (typeof possible === "object" && possible.atLeast === undefined) ledger.saw(possible.content);
    return;
  }
  ledger.lost++;
  ledger.wrong(`${left.directory}, after ${left.because}: ${differences.join("; or ")}`);
}

async function look(disk: ServerDisk, directory: string, ledger: Ledger): Promise<Found> {
  const found = new Map<string, "directory" | Buffer>();
  for (const [path, type] of (await disk.list(directory)) ?? []) {
    if (isTempName(posix.basename(path))) ledger.temporaries++;
    if (isNobodys(path)) continue;
    found.set(path, type === "directory" ? type : await disk.read(`${directory}/${path}`));
  }
  return found;
}

/** What makes this something else; undefined where it is what it may be. */
function differenceOf(world: LooseWorld, found: Found, lenient: boolean): string | undefined {
  for (const [path, possibles] of world) {
    const there = found.get(path);
    if (!possibles.some((possible) => isThat(possible, there)))
      return `${JSON.stringify(path)} is ${shown(there)} and must be ${possibles.map(possibleShown).join(" or ")}`;
  }
  for (const [path, there] of found) {
    if (world.has(path) || (lenient && lockFiles.test(path))) continue;
    return `${JSON.stringify(path)} is ${shown(there)} and must not be there`;
  }
  return undefined;
}

function isThat(possible: Possible, there: "directory" | Buffer | undefined): boolean {
  if (typeof possible === "string") return there === (possible === "nothing" ? undefined : possible);
  if (!Buffer.isBuffer(there)) return false;
  const { content, atLeast } = possible;
  const bytes = bytesOf(content);
  if (there.length < (atLeast ?? bytes.length)) return false;
  return bytes.subarray(0, there.length).equals(there);
}

function shown(there: "directory" | Buffer | undefined): string {
  if (!Buffer.isBuffer(there)) return there === undefined ? "not there" : "a directory";
  return `a file of ${there.length} bytes that begins with ${JSON.stringify(there.toString("latin1", 0, 32))}`;
}

function possibleShown(possible: Possible): string {
  return typeof possible === "string" ? possible : contentShown(possible.content, possible.atLeast);
}

function contentShown(content: Content, atLeast: number | undefined): string {
  const pieces = content.map(({ write, bytes }) => `write ${write} of ${bytes} bytes`).join(" + ");
  return atLeast === undefined ? pieces : `at least ${atLeast} bytes of ${pieces}`;
}
