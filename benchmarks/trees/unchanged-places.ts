import { link, lstat, mkdir, utimes } from "node:fs/promises";
import { join } from "node:path";

import type { TransportOptions } from "samewire";
import { startFtpServer, startS3Server } from "samewire/testing";

import { hasProgram } from "../../test/servers/find-servers.ts";
import { startProftpd } from "../../test/servers/proftpd.ts";
import type { ServerName } from "../sites/site.ts";
import { localTree } from "../peers/programs/local-tree.ts";
import { startSite, usualServers } from "../sites/sites.ts";
import { startAll } from "../sites/started.ts";

/** A server, and how a tree comes to be there that is as old as the one here. */
export interface UnchangedPlace extends AsyncDisposable {
  readonly server: string;
  /** The URL of the target; ends in `/`. */
  readonly url: string;
  /** They are plain data: a process of its own is given them. */
  readonly options: TransportOptions;
  /** Puts the tree there without a client; undefined where only a sync can. */
  readonly fill: ((source: string) => Promise<void>) | undefined;
}

interface UnchangedPlaces {
  readonly files: number;
  readonly start: () => Promise<UnchangedPlace>;
}

const name = "copy/";
/** Of an FTP server, which lists one directory at a time on each. */
const connections = 8;

/** SFTP, FTP that tells exact times and FTP that has nothing but LIST, and S3, whose server here takes its part of the processor. */
export const unchangedPlaces: readonly UnchangedPlaces[] = [
  { files: 20_000, start: () => startSitePlace(usualServers.sftp) },
  { files: 20_000, start: hasProgram("proftpd") ? startProftpdPlace : startEmbeddedFtpPlace },
  ...(hasProgram("vsftpd") ? [{ files: 20_000, start: () => startSitePlace("vsftpd") }] : []),
  { files: 2_000, start: startS3Place },
];

async function startSitePlace(server: ServerName): Promise<UnchangedPlace> {
  const site = await startSite(server);
  return {
    server: server === "vsftpd" ? "vsftpd (LIST)" : server,
    url: `${site.roots[0]}${name}`,
    options: { ...site.options, ...(server === "vsftpd" ? { connections } : {}) },
    fill: fillFolder(site.directory),
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  };
}

function startProftpdPlace(): Promise<UnchangedPlace> {
  return startAll(async (started) => {
    const server = started.add(await startProftpd());
    return {
      server: "proftpd (MLSD)",
      url: server.url(`/${name}`),
      options: { password: server.password, connections },
      fill: fillFolder(server.root),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

function startEmbeddedFtpPlace(): Promise<UnchangedPlace> {
  return startAll(async (started) => {
    const server = started.add(await startFtpServer());
    return {
      server: "embedded-ftp (MLSD)",
      url: `${server.url}${name}`,
      options: { password: server.password, connections },
      fill: undefined,
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

function startS3Place(): Promise<UnchangedPlace> {
  return startAll(async (started) => {
    const { port, region, accessKeyId, secretAccessKey } = started.add(await startS3Server());
    return {
      server: "embedded-s3",
      url: `s3://bucket/${name}`,
      options: {
        s3: { endpoint: `http://127.0.0.1:${port}`, pathStyle: true, region, accessKeyId, secretAccessKey },
        proxy: null,
      },
      fill: undefined,
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

function fillFolder(directory: string | undefined): UnchangedPlace["fill"] {
  if (directory === undefined) return undefined;
  return (source) => linkTree(source, join(directory, name));
}

/** The files themselves under other names, and directories as old as those that they were in. */
async function linkTree(source: string, target: string): Promise<void> {
  const { directories, files } = await localTree(source);
  for (const path of ["", ...directories]) await mkdir(join(target, path));
  for (const path of files) await link(join(source, path), join(target, path));
  for (const path of ["", ...directories]) {
    const { atime, mtime } = await lstat(join(source, path));
    await utimes(join(target, path), atime, mtime);
  }
}
