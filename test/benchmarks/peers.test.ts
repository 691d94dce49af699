import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { curl } from "../../benchmarks/peers/curl.ts";
import { destinationOf } from "../../benchmarks/peers/destination-of.ts";
import { lftp } from "../../benchmarks/peers/lftp.ts";
import { openSshScp, openSshSftp } from "../../benchmarks/peers/openssh.ts";
import { rclone } from "../../benchmarks/peers/rclone.ts";
import { runCommands } from "../../benchmarks/peers/run-commands.ts";
import { placeOf } from "../../benchmarks/peers/transfer.ts";
import type { ServerName } from "../../benchmarks/sites/site.ts";
import { startSite } from "../../benchmarks/sites/sites.ts";
import { makeTree, manifestOf } from "../../benchmarks/trees/made-tree.ts";
import { serverFolder } from "../../benchmarks/trees/server-folder.ts";
import type { ProgramName } from "../servers/find-servers.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";

const peers = [openSshSftp(), openSshScp(), lftp(8), rclone(), curl()];
const versions = await Promise.all(peers.map((peer) => peer.version()));
const installed = peers.filter((_, at) => versions[at] !== undefined);
const missing = peers.filter((peer) => !installed.includes(peer)).map(({ name }) => name);
const without = missing.length === 0 ? "" : ` (skipped, since they are not installed: ${missing.join(", ")})`;

const servers = [
  ["openssh", "openssh-server"],
  ["vsftpd", "vsftpd"],
  ["apache", "apache"],
] as const satisfies readonly (readonly [ServerName, ProgramName])[];

describe.each(servers)("the programs that samewire is compared with, on %s", (server, program) => {
  it.skipIf(!hasProgram(program))(
    titleNeeding(program, `copy a tree and a file there and back, byte for byte${without}`),
    async () => {
      await using site = await startSite(server);
      const destination = destinationOf(site);
      const { scheme } = placeOf(destination);
      const folder = await mkdtemp(join(tmpdir(), "samewire-peers-"));
      try {
        const [tree, file] = [join(folder, "tree"), join(folder, "file")];
        const content = await makeTree(tree, { files: 12, directories: 3, bytesPerFile: 5_000 });
        await writeFile(file, "content");
        for (const peer of installed) {
          const name = peer.name.replaceAll(/\W/g, "");
          const copy = async (action: "put" | "get", what: "tree" | "file", local: string): Promise<void> => {
            const transfer = { action, what, local, remote: `${name}-${what}`, content };
            await runCommands(await peer.commands(transfer, destination));
          };
          if (peer.can(scheme, "tree")) {
            await copy("put", "tree", tree);
            expect(await serverFolder(site).manifest(`${name}-tree`), peer.name).toBe(await manifestOf(tree));
            await copy("get", "tree", join(folder, `${name}-tree`));
            expect(await manifestOf(join(folder, `${name}-tree`)), peer.name).toBe(await manifestOf(tree));
          }
          if (peer.can(scheme, "file")) {
            await copy("put", "file", file);
            await copy("get", "file", join(folder, `${name}-file`));
            expect(await readFile(join(folder, `${name}-file`), "utf8"), peer.name).toBe("content");
          }
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    },
    120_000,
  );
});

describe("a destination", () => {
  const destination = { url: "dav://127.0.0.1:8080/some%20where/", options: {} };

  it("is a path for those who log in, and an http URL for others", () => {
    const { path, url } = placeOf({ ...destination, url: "sftp://joe@127.0.0.1:22022/some%20where/" });
    expect(path("a b")).toBe("/some where/a b");
    expect(path()).toBe("/some where");
    expect(placeOf(destination).url("a b/c")).toBe("http://127.0.0.1:8080/some%20where/a%20b/c");
    expect(url("c")).toBe("sftp://127.0.0.1:22022/some%20where/c");
  });
});
