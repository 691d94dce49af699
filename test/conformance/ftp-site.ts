import { chown, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { ConformanceSite } from "../../src/testing.ts";
import { startTap } from "../../src/testing.ts";
import { openFilesBelow } from "../servers/open-files.ts";
import type { RealFtpServer } from "../servers/real-ftp-server.ts";

let sites = 0;

/** A directory of its own on a real FTP server, behind a tap that counts. `anonymous`: for whoever does not log in as anybody, to read only. */
export async function ftpSite(
  server: RealFtpServer,
  { anonymous = false }: { readonly anonymous?: boolean } = {},
): Promise<ConformanceSite> {
  const name = `site-${++sites}`;
  const folder = join(server.root, name);
  const { uid, gid } = await stat(server.root);
  const makeOwn = async (path: string): Promise<void> => {
    if (path !== folder) await makeOwn(dirname(path));
    await mkdir(path, { recursive: true });
    await chown(path, uid, gid);
  };
  await makeOwn(folder);
  const tap = await startTap({ port: server.port });
  const { ca, password, scheme, host } = server;
  const place = `${host}:${tap.port}/${name}/`;
  return {
    url: anonymous ? `readonly+${scheme}://${place}` : `${scheme}://${server.user}@${place}`,
    options: {
      deadlockAfterMs: 300,
      ...(anonymous ? {} : { password }),
      ...(ca === undefined ? {} : { tls: { ca } }),
    },
    secrets: [password],
    server: tap,
    seed: async (path, content) => {
      await makeOwn(dirname(join(folder, path)));
      await writeFile(join(folder, path), content);
      await chown(join(folder, path), uid, gid);
    },
    openFiles: () => openFilesBelow(folder),
    reread: (path) => readFile(join(folder, path)),
    close: async () => {
      await tap.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
