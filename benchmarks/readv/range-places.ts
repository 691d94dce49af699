import { getTransport } from "samewire";

import type { Network } from "../delay/network.ts";
import { destinationOf } from "../peers/destination-of.ts";
import type { Destination } from "../peers/transfer.ts";
import type { ServerName } from "../sites/site.ts";
import { startSite, usualServers } from "../sites/sites.ts";
import { startAll } from "../sites/started.ts";
import type { WebServerName } from "../sites/web-files.ts";
import { direct, startWebFiles, webServers } from "../sites/web-files.ts";
import { bareSsh2Name } from "./bare-ssh2-reader.ts";
import { nodePeer } from "./node-peer.ts";
import { pythonPeer } from "./python-peer.ts";
import type { RangePeer } from "./range-reader.ts";
import { samewireName } from "./samewire-reader.ts";
import { undiciWays } from "./undici-reader.ts";

/** A server that has the file, and everybody who reads it there. */
export interface RangePlace extends AsyncDisposable {
  readonly server: ServerName | WebServerName;
  readonly scheme: "http" | "sftp";
  /** The URL of the directory; ends in `/`. */
  readonly base: string;
  /** samewire first. */
  readonly peers: readonly RangePeer[];
  /** Connections that the server accepted so far. */
  accepted(): Promise<number>;
}

/** Starts a server with the file in it, behind a network. */
type StartRangePlace = (name: string, content: Buffer, network: Network) => Promise<RangePlace>;

/** One for each server: of HTTP those that are installed, but no more than asked for, and one of SFTP. */
export function rangePlaces(mostOfHttp: number): readonly StartRangePlace[] {
  return [...webServers().slice(0, mostOfHttp).map(startWebPlace), startSftpPlace];
}

function startWebPlace(server: WebServerName): StartRangePlace {
  return (name, content, network) =>
    startAll(async (started) => {
      const files = started.add(await startWebFiles(server));
      await files.write(name, content);
      const url = new URL(files.base);
      url.port = String(await network.entrance(Number(url.port)));
      const clients = [samewireName, ...undiciWays.map((way) => way.name)];
      return {
        server,
        scheme: "http",
        base: url.href,
        peers: peersAt({ url: url.href, options: direct }, clients, network),
        accepted: () => files.accepted(),
        [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
      };
    });
}

function startSftpPlace(name: string, content: Buffer, network: Network): Promise<RangePlace> {
  return startAll(async (started) => {
    const site = started.add(await startSite(usualServers.sftp));
    const [root] = site.roots;
    await using transport = getTransport(root, undefined, site.options);
    await transport.put(name, content, { atomic: false });
    const destination = destinationOf(site, await network.entrance(Number(new URL(root).port)));
    return {
      server: site.server,
      scheme: "sftp",
      base: destination.url,
      peers: peersAt(destination, [samewireName, bareSsh2Name], network),
      accepted: () => site.accepted(),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

/** Those in JavaScript, and those in Python, who on SFTP cannot be given a password. */
function peersAt(destination: Destination, clients: readonly string[], network: Network): readonly RangePeer[] {
  const python = destination.password === undefined ? (["breezy", "fsspec"] as const) : [];
  return [
    ...clients.map((client) => nodePeer(client, destination, network)),
    ...python.map((client) => pythonPeer(client, destination, network)),
  ];
}
