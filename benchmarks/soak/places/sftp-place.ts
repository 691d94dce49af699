import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { FileTree, generateSshKey, startSftpServer, startTap } from "samewire/testing";

import { hasProgram } from "../../../test/servers/find-servers.ts";
import { startOpenSsh } from "../../../test/servers/openssh.ts";
import { fingerprintOf } from "../../sites/host-key.ts";
import { startAll } from "../../sites/started.ts";
import { folderDisk, treeDisk } from "../server-disk.ts";
import { startEmbedded } from "./embedded-server.ts";
import type { SoakPlace } from "./soak-place.ts";
import { impatient } from "./soak-place.ts";

/** One SFTP server: OpenSSH where it is installed, unless one in this process is asked for. */
export function startSftpPlace(embedded: boolean): Promise<SoakPlace> {
  return hasProgram("openssh-server") && !embedded ? startOpenSshPlace() : startEmbeddedPlace();
}

const nothingOfMine = { config: null, agent: null } as const;

function startOpenSshPlace(): Promise<SoakPlace> {
  return startAll(async (started) => {
    const server = started.add(await startOpenSsh());
    const tap = started.add(await startTap({ port: server.port }));
    const hostKey = await readFile(join(server.folder, "host_ed25519.pub"), "utf8");
    return {
      scheme: "sftp",
      server: "openssh",
      root: server.url(`${server.root}/`, tap.port),
      options: {
        ...impatient,
        ssh: {
          ...nothingOfMine,
          identityFile: server.identityFile,
          hostKeyFingerprints: [fingerprintOf(hostKey)],
        },
      },
      mostWires: 1,
      forgetsLocks: false,
      tap,
      disk: folderDisk(server.root),
      crash: () => server.crash(),
      revive: () => server.revive(),
      async limit(random) {
        const line = random.pick(["MaxSessions 1", "MaxSessions 0", "MaxStartups 1:60:2"]);
        await server.reconfigure([line]);
        return line;
      },
      lift: () => server.reconfigure([]),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

const [user, password] = ["joe", "for this process"];
const home = `/home/${user}`;

function startEmbeddedPlace(): Promise<SoakPlace> {
  return startAll(async (started) => {
    const tree = new FileTree();
    const hostKeys = [await generateSshKey("ed25519")];
    let maxSessions = 10;
    const start = () => startSftpServer({ users: { [user]: { password } }, tree, home, hostKeys, maxSessions });
    const { server, tap, crash, revive, restart } = await startEmbedded(started, start);
    const restartWith = async (sessions: number): Promise<void> => {
      maxSessions = sessions;
      await restart();
    };
    return {
      scheme: "sftp",
      server: "embedded-sftp",
      root: `sftp://${user}@127.0.0.1:${tap.port}${home}/`,
      options: {
        ...impatient,
        password,
        ssh: {
          ...nothingOfMine,
          identityFile: null,
          hostKeyFingerprints: [fingerprintOf(server.hostKeys[0]?.public ?? "")],
        },
      },
      mostWires: 1,
      forgetsLocks: false,
      tap,
      disk: treeDisk(tree, home),
      crash,
      revive,
      async limit() {
        await restartWith(1);
        return "one session for each connection";
      },
      lift: () => restartWith(10),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}
