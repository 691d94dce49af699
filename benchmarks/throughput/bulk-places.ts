import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { startApache } from "../../test/servers/apache.ts";
import type { ProgramName } from "../../test/servers/find-servers.ts";
import { startNginx } from "../../test/servers/nginx.ts";
import { startOpenSsh } from "../../test/servers/openssh.ts";
import { startVsftpd } from "../../test/servers/vsftpd.ts";
import type { Network } from "../delay/network.ts";
import type { Destination } from "../peers/transfer.ts";
import { fingerprintOf } from "../sites/host-key.ts";
import type { ServerName } from "../sites/site.ts";
import { direct } from "../sites/web-files.ts";

/** A real server on this machine. */
export interface BulkPlace extends AsyncDisposable {
  readonly destination: Destination;
  /** The directory of the destination on this machine's own disk. */
  readonly folder: string;
}

export type BulkScheme = "sftp" | "ftp" | "http" | "dav";

export interface BulkServer {
  /** As it is asked for on the command line. */
  readonly server: ServerName;
  /** As it is named in results. */
  readonly name: string;
  /** What must be installed. */
  readonly program: ProgramName;
  /** What is measured there. */
  readonly scheme: BulkScheme;
  readonly actions: readonly ("get" | "put")[];
  /** Default as many as are measured: WebDAV at a delay is HTTP at a delay. */
  readonly roundTripsMs?: readonly number[];
  /** Starts it behind a network. */
  start(network: Network): Promise<BulkPlace>;
}

const both = ["get", "put"] as const;

export const bulkServers: readonly BulkServer[] = [
  { server: "openssh", name: "OpenSSH", program: "openssh-server", scheme: "sftp", actions: both, start: startSftp },
  { server: "vsftpd", name: "vsftpd", program: "vsftpd", scheme: "ftp", actions: both, start: startFtp },
  { server: "nginx", name: "nginx", program: "nginx", scheme: "http", actions: ["get"], start: startHttp },
  {
    ...{ server: "apache", name: "Apache", program: "apache", scheme: "dav", actions: both, roundTripsMs: [0] },
    start: startDav,
  },
];

async function startSftp(network: Network): Promise<BulkPlace> {
  const server = await startOpenSsh();
  const { identityFile, folder } = server;
  const hostKey = await readFile(join(folder, "host_ed25519.pub"), "utf8");
  const ssh = { config: null, agent: null, identityFile, hostKeyFingerprints: [fingerprintOf(hostKey)] };
  const url = server.url(`${server.root}/`, await network.entrance(server.port));
  return place(server, server.root, { url, identityFile, options: { ssh } });
}

async function startFtp(network: Network): Promise<BulkPlace> {
  const server = await startVsftpd();
  const { password } = server;
  const url = server.url("/", await network.entrance(server.port, "ftp"));
  return place(server, server.root, { url, password, options: { password } });
}

async function startHttp(network: Network): Promise<BulkPlace> {
  const server = await startNginx();
  const url = server.url("/", await network.entrance(server.port));
  return place(server, server.root, { url, options: direct });
}

async function startDav(network: Network): Promise<BulkPlace> {
  const server = await startApache({ dav: true });
  const url = `dav://127.0.0.1:${await network.entrance(server.port)}/`;
  return place(server, server.root, { url, options: direct });
}

function place(server: AsyncDisposable, folder: string, destination: Destination): BulkPlace {
  return { destination, folder, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
