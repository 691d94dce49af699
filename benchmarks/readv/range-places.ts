import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { getTransport } from "samewire";

import { findProgram } from "../../test/servers/find-servers.ts";
import type { ServerName, Site } from "../sites/site.ts";
import { startSite, usualServers } from "../sites/sites.ts";
import { Ssh2Peer } from "../sites/ssh2-peer.ts";
import { startAll } from "../sites/started.ts";
import type { WebServerName } from "../sites/web-files.ts";
import { direct, startWebFiles, webServers } from "../sites/web-files.ts";
import { bareSsh2Peer } from "./bare-ssh2-peer.ts";
import { pythonPeer } from "./python-peer.ts";
import type { RangePeer } from "./range-reader.ts";
import { samewirePeer } from "./samewire-peer.ts";
import { undiciPeers } from "./undici-peers.ts";

/** A server that has the file, and everybody who reads it there. */
export interface RangePlace extends AsyncDisposable {
  readonly server: ServerName | WebServerName;
  /** The URL of the directory; ends in `/`. */
  readonly base: string;
  /** samewire first. */
  readonly peers: readonly RangePeer[];
  /** Connections that the server accepted so far. */
  accepted(): Promise<number>;
}

/** Starts a server with the file in it; `delayMs` is added each way before it. */
type StartRangePlace = (name: string, content: Buffer, delayMs: number) => Promise<RangePlace>;

/** One for each server: of HTTP those that are installed, but no more than asked for, and one of SFTP. */
export function rangePlaces(mostOfHttp: number): readonly StartRangePlace[] {
  return [...webServers().slice(0, mostOfHttp).map(startWebPlace), startSftpPlace];
}

function startWebPlace(server: WebServerName): StartRangePlace {
  return (name, content, delayMs) =>
    startAll(async (started) => {
      const files = started.add(await startWebFiles(server, delayMs));
      await files.write(name, content);
      return {
        server,
        base: files.base,
        peers: [samewirePeer(direct), ...undiciPeers, pythonPeer("breezy"), pythonPeer("fsspec")],
        accepted: () => files.accepted(),
        [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
      };
    });
}

function startSftpPlace(name: string, content: Buffer, delayMs: number): Promise<RangePlace> {
  return startAll(async (started) => {
    const site = started.add(await startSite(usualServers.sftp, { delayMs }));
    const [base] = site.roots;
    await using transport = getTransport(base, undefined, site.options);
    await transport.put(name, content, { atomic: false });
    const { identityFile } = site.options.ssh ?? {};
    const others =
      typeof identityFile === "string" ? await keyPeers((part) => started.add(part), base, identityFile) : [];
    return {
      server: site.server,
      base,
      peers: [samewirePeer(site.options), ...bare(site), ...others],
      accepted: () => site.accepted(),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

function bare({ peer }: Site): readonly RangePeer[] {
  return peer instanceof Ssh2Peer ? [bareSsh2Peer(peer)] : [];
}

/** Those that can be given a key: Breezy by what it takes for OpenSSH's client. */
async function keyPeers(
  add: (part: AsyncDisposable) => unknown,
  base: string,
  keyFile: string,
): Promise<readonly RangePeer[]> {
  const folder = await mkdtemp(join(tmpdir(), "samewire-ssh-"));
  add({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) });
  const ssh = join(folder, "ssh");
  const settings = ["-F none", `-i '${keyFile}'`, "-o StrictHostKeyChecking=no", "-o UserKnownHostsFile=/dev/null"];
  await writeFile(ssh, `#!/bin/sh\nexec ${findProgram("openssh-client")} -q ${settings.join(" ")} "$@"\n`);
  await chmod(ssh, 0o755);
  const { hostname, port, username, pathname } = new URL(base);
  const login = { host: hostname, port: Number(port), user: username, keyFile, directory: pathname };
  return [pythonPeer("breezy", { env: { BRZ_SSH: ssh } }), pythonPeer("fsspec", { login })];
}
