import { mkdtemp, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { getTransport } from "../../../src/index.ts";

const second = 1_700_000_000;

describe("the time of a local file", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "samewire-times-"));
    await writeFile(join(folder, "file"), "content");
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([second + 0.9997, second + 0.9999, second + 0.0004])(
    "is in the second that a server of full seconds tells: %d",
    async (seconds) => {
      await utimes(join(folder, "file"), seconds, seconds);
      const { mtimeNs } = await stat(join(folder, "file"), { bigint: true });
      const { mtime, atime } = await getTransport(pathToFileURL(`${folder}/`)).stat("file");
      expect(Math.floor((mtime?.getTime() ?? 0) / 1_000)).toBe(Number(mtimeNs / 10n ** 9n));
      expect(mtime?.getTime()).toBe(Math.floor(seconds * 1_000));
      expect(atime).toEqual(mtime);
    },
  );

  it("is what it was set to, to the millisecond", async () => {
    const transport = getTransport(pathToFileURL(`${folder}/`));
    for (let ms = 0; ms < 1_000; ms += 37) {
      for (const mtime of [
        new Date(second * 1_000 + ms),
        new Date(-second * 100 - ms),
        new Date(2 ** 32 * 1_000 + ms),
      ]) {
        await transport.setAttributes("file", { mtime });
        expect((await transport.stat("file")).mtime).toEqual(mtime);
      }
    }
  });
});
