import { beforeAll, describe, expect, it } from "vitest";

import { noise } from "../../benchmarks/readv/scattered.ts";
import { httpPlace, sftpPlace, webConnections, webdavPlace } from "../../benchmarks/slow-readers/slow-places.ts";
import { fileBytes, mostGrowthBytes, readSlowly } from "../../benchmarks/slow-readers/slow-reading.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { ensureBuilt } from "./built-package.ts";

const MiB = 2 ** 20;
const readers = 300;

/**
 * Each reads a stretch of the file from a place of its own; all of it three hundred times is 15 GB, which is a benchmark (`npm run bench -- slow-readers`).
 * The most memory is held while all have their first bytes and nobody takes any, which is what this waits for.
 */
const reading = {
  ...{ readers, fileBytes, readBytes: 2 * MiB, stepBytes: MiB / 4, pauseMs: 10, heldMs: 1_500 },
  collects: true,
};

const places = {
  sftp: { start: sftpPlace, title: "one SFTP wire", wires: 1 },
  http: { start: httpPlace, title: `${webConnections} connections of HTTP/1.1`, wires: webConnections },
  dav: { start: webdavPlace, title: `${webConnections} connections of WebDAV`, wires: webConnections },
} as const;

describe(`${readers} slow readers of a 50 MiB file at once`, () => {
  const content = noise(fileBytes);

  beforeAll(ensureBuilt);

  for (const place of [places.sftp, places.http])
    it(`over ${place.title} all get every byte, and memory stays bounded`, () => check(place), 120_000);

  it.skipIf(!hasProgram("apache"))(
    titleNeeding("apache", `over ${places.dav.title} all get every byte, and memory stays bounded`),
    () => check(places.dav),
    120_000,
  );

  async function check({ start, wires }: (typeof places)[keyof typeof places]): Promise<void> {
    await using place = await start(content, readers);
    const { url, options, atOnce } = place;
    const seen = await readSlowly({ ...reading, url, options, atOnce });
    // As many as the connections carry had their first bytes before anybody went on, or none of them would have ended.
    expect(seen).toMatchObject({ completed: readers, wiresOpened: wires });
    expect(seen.peakBytes - seen.beforeBytes).toBeLessThan(mostGrowthBytes);
  }
});
