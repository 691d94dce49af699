import { FileTree, startFtpServer, startTap } from "samewire/testing";

import { hasProgram } from "../../../test/servers/find-servers.ts";
import { startProftpd } from "../../../test/servers/proftpd.ts";
import { startVsftpd } from "../../../test/servers/vsftpd.ts";
import { startAll } from "../../sites/started.ts";
import { folderDisk, treeDisk } from "../server-disk.ts";
import { startEmbedded } from "./embedded-server.ts";
import type { SoakPlace } from "./soak-place.ts";
import { impatient } from "./soak-place.ts";

/** Control connections that the pool may have. */
const connections = 4;

/** One FTP server: vsftpd or ProFTPD where one is installed, unless one in this process is asked for. */
export function startFtpPlace(embedded: boolean): Promise<SoakPlace> {
  if (!embedded && hasProgram("vsftpd")) return startVsftpdPlace();
  return !embedded && hasProgram("proftpd") ? startProftpdPlace() : startEmbeddedPlace();
}

function startVsftpdPlace(): Promise<SoakPlace> {
  return startAll(async (started) => {
    // It would write down every command of a hundred thousand.
    const server = started.add(await startVsftpd({ config: ["log_ftp_protocol=NO", "xferlog_enable=NO"] }));
    const tap = started.add(await startTap({ port: server.port }));
    return {
      scheme: "ftp",
      server: "vsftpd",
      root: server.url("/", tap.port),
      options: { ...impatient, netrc: null, password: server.password, connections },
      mostWires: connections,
      forgetsLocks: false,
      tap,
      disk: folderDisk(server.root),
      crash: () => server.crash(),
      revive: () => server.revive(),
      async limit(random) {
        const most = random.whole(1, connections);
        const limits = random.chance(0.5) ? { maxClients: most } : { maxPerIp: most };
        await server.reconfigure(limits);
        return JSON.stringify(limits);
      },
      lift: () => server.reconfigure({}),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

/** ProFTPD takes its limits at its start. */
function startProftpdPlace(): Promise<SoakPlace> {
  return startAll(async (started) => {
    const most = connections - 1;
    const server = started.add(await startProftpd({ maxClientsPerHost: most }));
    const tap = started.add(await startTap({ port: server.port }));
    return {
      scheme: "ftp",
      server: "proftpd",
      root: server.url("/", tap.port),
      options: { ...impatient, netrc: null, password: server.password, connections },
      mostWires: connections,
      forgetsLocks: false,
      tap,
      disk: folderDisk(server.root),
      crash: () => server.crash(),
      revive: () => server.revive(),
      limit: () => Promise.resolve(`MaxClientsPerHost ${most}, as always`),
      lift: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

const [user, password] = ["joe", "for this process"];
const home = `/home/${user}`;

function startEmbeddedPlace(): Promise<SoakPlace> {
  return startAll(async (started) => {
    const tree = new FileTree();
    const embedded = await startEmbedded(started, () => startFtpServer({ users: { [user]: password }, tree, home }));
    const { tap, crash, revive } = embedded;
    return {
      scheme: "ftp",
      server: "embedded-ftp",
      root: `ftp://${user}@127.0.0.1:${tap.port}${home}/`,
      options: { ...impatient, netrc: null, password, connections },
      mostWires: connections,
      forgetsLocks: false,
      tap,
      disk: treeDisk(tree, home),
      crash,
      revive,
      limit(random) {
        embedded.server.maxConnections = random.whole(1, connections);
        return Promise.resolve(`${embedded.server.maxConnections} connections`);
      },
      lift() {
        embedded.server.maxConnections = Infinity;
        return Promise.resolve();
      },
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}
