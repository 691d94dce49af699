import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";

import type { TransportOptions } from "../../src/index.ts";
import type { S3Condition } from "../../src/testing.ts";
import { startFtpServer, startS3Server, startSftpServer } from "../../src/testing.ts";
import { fingerprintOf } from "../reuse/sites.ts";
import { startApache } from "../servers/apache.ts";
import type { ProgramName } from "../servers/find-servers.ts";
import { startNginx } from "../servers/nginx.ts";
import { startOpenSsh } from "../servers/openssh.ts";
import { startProftpd } from "../servers/proftpd.ts";
import type { RealFtpServer } from "../servers/real-ftp-server.ts";
import { startRclone } from "../servers/rclone.ts";
import { startVsftpd } from "../servers/vsftpd.ts";
import type { WebServer } from "../servers/web-server.ts";

/** An empty directory that several processes reach, each by a connection of its own. */
export interface LockSite {
  readonly url: string;
  /** Nothing that JSON cannot say: other processes are given them. */
  readonly options: TransportOptions;
  close(): Promise<void>;
}

export interface LockSubject {
  /** What it needs on this machine beside this package. */
  readonly program?: ProgramName;
  /** How many contend. Default 5. */
  readonly processes?: number;
  readonly open: () => Promise<LockSite>;
}

async function fileSite(): Promise<LockSite> {
  const folder = await mkdtemp(join(tmpdir(), "samewire-locks-"));
  const close = (): Promise<void> => rm(folder, { recursive: true });
  return { url: `${pathToFileURL(folder).href}/`, options: {}, close };
}

async function sftpSite(): Promise<LockSite> {
  const server = await startSftpServer({ users: { joe: { password: "secret" } } });
  const hostKeyFingerprints = server.hostKeys.map((key) => fingerprintOf(key.public));
  const ssh = { config: null, agent: null, identityFile: null, hostKeyFingerprints };
  return { url: server.url, options: { password: "secret", ssh }, close: () => server.close() };
}

async function ftpSite(): Promise<LockSite> {
  const server = await startFtpServer();
  return { url: server.url, options: { password: server.password, netrc: null }, close: () => server.close() };
}

async function s3Site(ignores: readonly S3Condition[] = []): Promise<LockSite> {
  const server = await startS3Server({ ignores });
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  const s3 = { endpoint, region, accessKeyId, secretAccessKey };
  return { url: "s3://bucket/", options: { s3 }, close: () => server.close() };
}

async function openSshSite(): Promise<LockSite> {
  const server = await startOpenSsh();
  const { identityFile, knownHostsFile: knownHosts } = server;
  const ssh = { config: null, agent: null, identityFile, knownHosts };
  return { url: `${server.url()}/`, options: { ssh }, close: () => server.stop() };
}

async function realFtpSite(starting: Promise<RealFtpServer>): Promise<LockSite> {
  const server = await starting;
  const { password } = server;
  return { url: server.url(), options: { password, netrc: null }, close: () => server.stop() };
}

async function webdavSite(starting: Promise<WebServer>): Promise<LockSite> {
  const server = await starting;
  const folder = await mkdtemp(join(server.root, "locks-"));
  // The server's processes may be another user's.
  await chmod(folder, 0o777);
  const url = `dav://127.0.0.1:${server.port}/${relative(server.root, folder)}/`;
  return { url, options: { netrc: null }, close: () => server.stop() };
}

/** Without its cache rclone fails for a file that is being written, and with a delay nobody else sees what was. */
const rcloneFlags = ["--vfs-cache-mode", "writes", "--vfs-write-back", "0s"];

export const lockSubjects: Readonly<Record<string, LockSubject>> = {
  "file:": { open: fileSite },
  "sftp on the in-process server": { processes: 2, open: sftpSite },
  "ftp on the in-process server": { processes: 2, open: ftpSite },
  "s3 on the in-process server": { open: () => s3Site() },
  "s3 where deletions have no conditions": { processes: 2, open: () => s3Site(["DeleteObject If-Match"]) },
  "sftp on OpenSSH": { program: "openssh-server", open: openSshSite },
  "ftp on vsftpd": { program: "vsftpd", open: () => realFtpSite(startVsftpd()) },
  "ftp on ProFTPD": { program: "proftpd", open: () => realFtpSite(startProftpd()) },
  "dav on Apache": { program: "apache", open: () => webdavSite(startApache({ dav: true })) },
  "dav on nginx": { program: "nginx-dav", processes: 2, open: () => webdavSite(startNginx({ dav: true })) },
  "dav on rclone": { program: "rclone", processes: 2, open: () => webdavSite(startRclone({ flags: rcloneFlags })) },
};
