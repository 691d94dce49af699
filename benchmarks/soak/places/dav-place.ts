import { FileTree, startTap, startWebdavServer } from "samewire/testing";

import { startApache } from "../../../test/servers/apache.ts";
import { hasProgram } from "../../../test/servers/find-servers.ts";
import { startAll } from "../../sites/started.ts";
import { direct } from "../../sites/web-files.ts";
import { folderDisk, treeDisk } from "../server-disk.ts";
import { startEmbedded } from "./embedded-server.ts";
import type { SoakPlace } from "./soak-place.ts";
import { impatient } from "./soak-place.ts";

const options = { ...impatient, ...direct, connections: 1 };

/** One WebDAV server: Apache where it is installed, unless one in this process is asked for. */
export function startDavPlace(embedded: boolean): Promise<SoakPlace> {
  return hasProgram("apache") && !embedded ? startApachePlace() : startEmbeddedPlace();
}

/** It would write down everything that it does. */
const quiet = ["LogLevel error"];
const unlimited = ["MaxKeepAliveRequests 0", "KeepAliveTimeout 600"];

function startApachePlace(): Promise<SoakPlace> {
  return startAll(async (started) => {
    const server = started.add(await startApache({ dav: true, config: [...quiet, ...unlimited] }));
    const tap = started.add(await startTap({ port: server.port }));
    const restart = async (config: readonly string[]): Promise<void> => {
      await server.reconfigure(config);
      await server.crash();
      await server.revive();
    };
    return {
      scheme: "dav",
      server: "apache",
      root: `dav://127.0.0.1:${tap.port}/`,
      options,
      mostWires: options.connections,
      forgetsLocks: false,
      tap,
      disk: folderDisk(server.root),
      crash: () => server.crash(),
      revive: () => server.revive(),
      async limit(random) {
        const lines = [`MaxKeepAliveRequests ${random.whole(1, 20)}`, `KeepAliveTimeout ${random.whole(1, 3)}`];
        await restart(lines);
        return lines.join(", ");
      },
      lift: () => restart([]),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

function startEmbeddedPlace(): Promise<SoakPlace> {
  return startAll(async (started) => {
    const tree = new FileTree();
    let closes = false;
    const { tap, crash, revive, restart } = await startEmbedded(started, () => startWebdavServer({ tree, closes }));
    return {
      scheme: "dav",
      server: "embedded-webdav",
      root: `dav://127.0.0.1:${tap.port}/`,
      options,
      mostWires: options.connections,
      forgetsLocks: true,
      tap,
      disk: treeDisk(tree, "/"),
      crash,
      revive,
      async limit() {
        closes = true;
        await restart();
        return "one request for each connection";
      },
      async lift() {
        closes = false;
        await restart();
      },
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}
