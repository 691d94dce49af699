import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Transport, TransportOptions } from "samewire";
import { TraceTransport, TransportScope } from "samewire";
import { ftpServerFeatures, startFtpServer, startS3Server, startSftpServer, startWebdavServer } from "samewire/testing";

import { fingerprintOf } from "../reuse/sites.ts";

/** An empty directory somewhere. */
export interface SyncSite extends AsyncDisposable {
  /** Records its verbs. */
  readonly transport: TraceTransport;
  /** The same, unrecorded. */
  readonly plain: Transport;
}

async function siteAt(url: string, options: TransportOptions, close: () => unknown): Promise<SyncSite> {
  const scope = new TransportScope();
  const transport = scope.getTransport(`trace+${url}`, options);
  if (!(transport instanceof TraceTransport)) throw new Error("the prefix trace+ is not what it was");
  await transport.createPrefix();
  transport.calls.length = 0;
  return {
    transport,
    plain: scope.getTransport(url, options),
    async [Symbol.asyncDispose]() {
      await scope.close();
      await close();
    },
  };
}

let stores = 0;

async function ftpSite(features = ftpServerFeatures): Promise<SyncSite> {
  const server = await startFtpServer({ features });
  return await siteAt(`${server.url}site/`, { password: server.password, connections: 4 }, () => server.close());
}

/** By the name of the server: what a tree can be synced with. */
export const syncSites: Readonly<Record<string, () => Promise<SyncSite>>> = {
  memory: () => siteAt(`memory://sync-${++stores}/site/`, {}, () => undefined),
  file: async () => {
    const folder = mkdtempSync(join(tmpdir(), "samewire-sync-"));
    return await siteAt(`file://${folder}/site/`, {}, () => rmSync(folder, { recursive: true }));
  },
  sftp: async () => {
    const server = await startSftpServer();
    const ssh = {
      config: null,
      agent: null,
      identityFile: null,
      hostKeyFingerprints: server.hostKeys.map((key) => fingerprintOf(key.public)),
    };
    return await siteAt(`${server.url}site/`, { password: server.password, ssh }, () => server.close());
  },
  "ftp with MLSD": () => ftpSite(),
  "ftp with LIST only": () => ftpSite(ftpServerFeatures.filter((name) => name !== "MLST" && name !== "MFMT")),
  s3: async () => {
    const server = await startS3Server();
    const { accessKeyId, secretAccessKey, region } = server;
    const s3 = { endpoint: `http://127.0.0.1:${server.port}`, pathStyle: true, region, accessKeyId, secretAccessKey };
    return await siteAt("s3://bucket/site/", { s3 }, () => server.close());
  },
  webdav: async () => {
    const server = await startWebdavServer();
    return await siteAt(`dav://127.0.0.1:${server.port}/site/`, {}, () => server.close());
  },
};

/** How often each verb was called since the last time. */
export function takeCalls({ calls }: TraceTransport): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { verb } of calls.splice(0)) counts[verb] = (counts[verb] ?? 0) + 1;
  return counts;
}

/** Everything below a transport: what a file holds, what a link says, and directories, which end in a slash. */
export async function treeOf(transport: Transport, path = ""): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for await (const { path: at, stat } of transport.list(path)) {
    const { type } = stat ?? (await transport.stat(at));
    if (type === "file") tree[at] = String(await transport.getBytes(at));
    else if (type === "link") tree[at] = `-> ${await transport.readlink(at)}`;
    else {
      tree[`${at}/`] = "";
      Object.assign(tree, await treeOf(transport, at));
    }
  }
  return tree;
}
