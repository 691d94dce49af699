import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { noise } from "../readv/scattered.ts";

/** Files of several sizes, and a folder of this machine for what is made of them. */
export interface BulkFiles extends AsyncDisposable {
  /** For what is fetched. */
  readonly folder: string;
  /** Where the file of a size is. */
  path(bytes: number): string;
  /** Puts copies of all of them into a folder, under the names that `nameOf` gives. */
  copyTo(folder: string): Promise<void>;
  /** Rejects unless a file holds just what the file of a size does. */
  check(file: string, bytes: number): Promise<void>;
}

/** What a file of a size is called where it is to be fetched. */
export function nameOf(bytes: number): string {
  return `large-${bytes}`;
}

/** Writes the files, which are beginnings of the same noise. */
export async function makeBulkFiles(sizes: ReadonlySet<number>): Promise<BulkFiles> {
  const folder = await mkdtemp(join(tmpdir(), "samewire-bulk-"));
  const content = noise(Math.max(...sizes));
  const digests = new Map<number, string>();
  const path = (bytes: number): string => join(folder, nameOf(bytes));
  for (const bytes of sizes) {
    await writeFile(path(bytes), content.subarray(0, bytes));
    digests.set(bytes, await digestOfFile(path(bytes)));
  }
  return {
    folder,
    path,
    async copyTo(target) {
      for (const bytes of sizes) await copyFile(path(bytes), join(target, nameOf(bytes)));
    },
    async check(file, bytes) {
      if ((await digestOfFile(file)) !== digests.get(bytes)) throw new Error(`${file} is not what was copied`);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function digestOfFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest("hex");
}
