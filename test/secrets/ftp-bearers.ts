import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { TransportOptions } from "../../src/index.ts";
import type { FtpServerOptions } from "../../src/testing.ts";
import { startFtpServer } from "../../src/testing.ts";
import type { Bearer } from "./bearer.ts";
import { right, seed, wrong } from "./bearer.ts";

/** Each way to be let in over FTP. */
export const ftpBearers: Readonly<Record<string, () => Promise<Bearer>>> = {
  "an FTP password": () => ftpBearer({ users: { joe: right } }, (password) => ({ password })),
  "an FTP password in the URL": () => ftpBearer({ users: { joe: right } }, () => ({}), { inUrl: true }),
  "an FTP password inside TLS": () =>
    ftpBearer({ users: { joe: right }, tls: "explicit" }, (password) => ({ password })),
  "an FTP account": () =>
    ftpBearer({ users: { joe: "open" }, account: right }, (account) => ({ password: "open", ftp: { account } })),
  "a password in a netrc file": async () => {
    const folder = await mkdtemp(join(tmpdir(), "samewire-"));
    const file = (secret: string): string => join(folder, encodeURIComponent(secret).slice(0, 5));
    const bearer = await ftpBearer({ users: { joe: right } }, (secret) => ({ netrc: file(secret) }));
    for (const secret of [right, wrong])
      await writeFile(file(secret), `machine 127.0.0.1 login joe password ${secret}\n`, { mode: 0o600 });
    return { ...bearer, close: () => bearer.close().then(() => rm(folder, { recursive: true })) };
  },
};

async function ftpBearer(
  options: FtpServerOptions,
  told: (secret: string) => TransportOptions,
  { inUrl = false }: { readonly inUrl?: boolean } = {},
): Promise<Bearer> {
  const server = await startFtpServer(options);
  seed(server.tree, "/file");
  const scheme = options.tls === undefined ? "ftp" : "ftpes";
  const trusted = server.ca === undefined ? {} : { tls: { ca: server.ca } };
  return {
    port: server.port,
    url: (port, secret) => `${scheme}://joe${inUrl ? `:${encodeURIComponent(secret)}` : ""}@127.0.0.1:${port}/`,
    options: (secret) => ({ ...told(secret), ...trusted }),
    ...(server.ca === undefined ? {} : { untrusted: { tls: { ca: null } } }),
    close: () => server.close(),
  };
}
