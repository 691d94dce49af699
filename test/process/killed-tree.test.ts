import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import type { ServerName } from "../../benchmarks/sites/site.ts";
import { startSite } from "../../benchmarks/sites/sites.ts";
import { copyThroughKills } from "../../benchmarks/trees/killed-copies.ts";
import { makeTree, manifestOf } from "../../benchmarks/trees/made-tree.ts";
import { serverFolder } from "../../benchmarks/trees/server-folder.ts";
import type { ProgramName } from "../servers/find-servers.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { ensureBuilt } from "./built-package.ts";

const size = { files: 150, directories: 10, bytesPerFile: 4_096 };
const kills = 5;

/** In the title, so that a failure can be had again. */
const seed = randomInt(2 ** 31);

describe(`a copy of a tree that is killed ${kills} times at random points (seed ${seed})`, () => {
  beforeAll(ensureBuilt);

  for (const server of ["embedded", "embedded-ftp", "embedded-webdav"] as const) {
    it(`is completed by a sync, byte for byte and without a temporary, on ${server}`, () => check(server), 120_000);
  }

  for (const [server, program] of [
    ["openssh", "openssh-server"],
    ["vsftpd", "vsftpd"],
  ] as const satisfies readonly (readonly [ServerName, ProgramName])[]) {
    it.skipIf(!hasProgram(program))(
      titleNeeding(program, `is completed by a sync, byte for byte and without a temporary, on ${server}`),
      () => check(server),
      120_000,
    );
  }

  async function check(server: ServerName): Promise<void> {
    await using site = await startSite(server);
    const folder = await mkdtemp(join(tmpdir(), "samewire-killed-"));
    try {
      const source = join(folder, "tree");
      await makeTree(source, size);
      const url = `${site.roots[0]}copy/`;
      const { last } = await copyThroughKills({
        ...{ source, url, options: site.options, files: size.files, maxFiles: 8, kills, seed },
      });
      expect(last.unchanged).toBeGreaterThan(0);
      expect(last.files + last.unchanged).toBe(size.files);
      expect(await serverFolder(site).manifest("copy")).toBe(await manifestOf(source));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
});
