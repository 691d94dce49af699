import { mkdtempSync, rmSync } from "node:fs";
import { chmod, mkdtemp, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import type { Transport, TransportOptions } from "samewire";
import { TransportScope, TraceTransport, formatPlan, getTransport, planSync, sync } from "samewire";
import type { ConformanceSite } from "samewire/testing";
import { afterEach, describe, expect, it } from "vitest";

import { ftpSite } from "../conformance/ftp-site.ts";
import { startApache } from "../servers/apache.ts";
import type { ProgramName } from "../servers/find-servers.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { startNginx } from "../servers/nginx.ts";
import { startOpenSsh } from "../servers/openssh.ts";
import { startProftpd } from "../servers/proftpd.ts";
import { startPureFtpd } from "../servers/pureftpd.ts";
import type { RealFtpServer } from "../servers/real-ftp-server.ts";
import { startVsftpd } from "../servers/vsftpd.ts";
import type { WebServer } from "../servers/web-server.ts";
import { takeCalls, treeOf } from "./sync-sites.ts";

interface RealSite extends Pick<ConformanceSite, "url" | "close"> {
  readonly options?: TransportOptions;
}

async function onFtp(starting: Promise<RealFtpServer>): Promise<RealSite> {
  const server = await starting;
  const site = await ftpSite(server);
  return { ...site, close: async () => (await site.close(), await server.stop()) };
}

async function onWebdav(starting: Promise<WebServer>): Promise<RealSite> {
  const server = await starting;
  const folder = await mkdtemp(join(server.root, "site-"));
  // The server's processes may be another user's.
  await chmod(folder, 0o777);
  return { url: `dav://127.0.0.1:${server.port}/${basename(folder)}/`, close: () => server.stop() };
}

async function onOpenSsh(): Promise<RealSite> {
  const sshd = await startOpenSsh();
  const folder = await realpath(await mkdtemp(join(sshd.root, "site-")));
  const { identityFile, knownHostsFile: knownHosts } = sshd;
  return {
    url: `${sshd.url(folder)}/`,
    options: { ssh: { config: null, agent: null, identityFile, knownHosts } },
    close: () => sshd.stop(),
  };
}

const servers: Readonly<Record<string, { readonly program: ProgramName; readonly start: () => Promise<RealSite> }>> = {
  OpenSSH: { program: "openssh-server", start: onOpenSsh },
  vsftpd: { program: "vsftpd", start: () => onFtp(startVsftpd()) },
  ProFTPD: { program: "proftpd", start: () => onFtp(startProftpd()) },
  "Pure-FTPd": { program: "pure-ftpd", start: () => onFtp(startPureFtpd()) },
  "Apache, over WebDAV": { program: "apache", start: () => onWebdav(startApache({ dav: true })) },
  "nginx, over WebDAV": { program: "nginx-dav", start: () => onWebdav(startNginx({ dav: true })) },
};

const old = new Date("2020-03-04T05:06:07Z");
const closing: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Files in three directories, one of them empty, with odd names. */
async function grow(transport: Transport): Promise<void> {
  await transport.mkdir("an empty directory");
  await transport.mkdir("d 1");
  for (const path of ["top", "d 1/ünï code.txt", "d 1/100% #1", "d 1/its own"])
    await transport.put(path, `content of ${path}`, { mtime: old, mode: 0o644 });
  for (const path of ["an empty directory", "d 1"]) await transport.setAttributes(path, { mtime: old });
}

for (const [name, { program, start }] of Object.entries(servers)) {
  describe.runIf(hasProgram(program))(titleNeeding(program, `on a real server, ${name}`), () => {
    it("a sync there and back brings a tree, then finds nothing to do, and mirrors what changes", async () => {
      const folder = mkdtempSync(join(tmpdir(), "samewire-sync-"));
      closing.push(() => rmSync(folder, { recursive: true }));
      const here = getTransport(folder);
      await grow(here);
      const site = await start();
      closing.push(() => site.close());
      const scope = new TransportScope();
      closing.push(() => scope.close());
      const there = scope.getTransport(`trace+${site.url}`, site.options);
      if (!(there instanceof TraceTransport)) throw new Error("the prefix trace+ is not what it was");

      expect(await sync(here, there)).toMatchObject({ files: 4, directories: 2, failures: [] });
      expect(await treeOf(there)).toEqual(await treeOf(here));
      expect(formatPlan(await planSync(here, there, { delete: true }))).toBe(
        "0 to copy (0 bytes), 0 links, 0 directories, 0 to delete, 0 attributes, 4 unchanged, 0 failures\n",
      );
      takeCalls(there);
      expect(await sync(here, there)).toMatchObject({ files: 0, unchanged: 4, failures: [] });
      expect(takeCalls(there)).toEqual({ list: 3 });

      const back = getTransport("memory:///");
      expect(await sync(there, back)).toMatchObject({ files: 4, directories: 2, failures: [] });
      expect(await treeOf(back)).toEqual(await treeOf(here));
      expect(await sync(there, back)).toMatchObject({ files: 0, unchanged: 4, failures: [] });

      await here.put("top", "CONTENT OF TOP", { mtime: new Date(Date.now() + 120_000) });
      await here.deleteTree("d 1");
      expect(await sync(here, there, { delete: true })).toMatchObject({ files: 1, deleted: 4, failures: [] });
      expect(await treeOf(there)).toEqual(await treeOf(here));
    });
  });
}
