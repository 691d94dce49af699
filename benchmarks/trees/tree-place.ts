import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Network } from "../delay/network.ts";
import { destinationOf } from "../peers/destination-of.ts";
import type { Destination, DestinationScheme, TreeContent } from "../peers/transfer.ts";
import { placeOf } from "../peers/transfer.ts";
import type { ServerName } from "../sites/site.ts";
import { startSite } from "../sites/sites.ts";
import { startAll } from "../sites/started.ts";
import type { TreeSize } from "./made-tree.ts";
import { makeTree, manifestOf } from "./made-tree.ts";
import type { ServerFolder } from "./server-folder.ts";
import { removal, serverFolder } from "./server-folder.ts";

/** A server, a tree on this machine and the same on the server, and the network between. */
export interface TreePlace extends AsyncDisposable {
  readonly server: ServerName;
  readonly scheme: DestinationScheme;
  readonly network: Network;
  readonly destination: Destination;
  readonly size: TreeSize;
  readonly content: TreeContent;
  readonly manifest: string;
  /** A folder of this machine for what is copied, which has the tree under `treeName`. */
  readonly folder: string;
  readonly there: ServerFolder;
  /** Connections that the server accepted so far. */
  accepted(): Promise<number>;
}

/** The tree's name on both sides. */
export const treeName = "tree";

/** The network stays open. */
export function openTreePlace(server: ServerName, size: TreeSize, network: Network): Promise<TreePlace> {
  return startAll(async (started) => {
    const site = started.add(await startSite(server));
    const port = Number(new URL(site.roots[0].replace(/^dav:/, "http:")).port);
    const isFtp = site.roots[0].startsWith("ftp:");
    const destination = destinationOf(site, await network.entrance(port, isFtp ? "ftp" : undefined));
    const folder = await mkdtemp(join(tmpdir(), "samewire-trees-"));
    started.add({ [Symbol.asyncDispose]: () => rm(folder, removal) });
    const content = await makeTree(join(folder, treeName), size);
    const there = serverFolder(site);
    await there.fill(treeName, join(folder, treeName));
    return {
      server,
      scheme: placeOf(destination).scheme,
      network,
      destination,
      size,
      content,
      manifest: await manifestOf(join(folder, treeName)),
      folder,
      there,
      accepted: () => site.accepted(),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}
