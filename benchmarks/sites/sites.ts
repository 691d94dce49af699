import { hasProgram } from "../../test/servers/find-servers.ts";
import { startEmbeddedFtpSite } from "./embedded-ftp-site.ts";
import { startEmbeddedS3Site } from "./embedded-s3-site.ts";
import { startEmbeddedSite } from "./embedded-site.ts";
import { startEmbeddedWebdavSite } from "./embedded-webdav-site.ts";
import { startHttpsSite } from "./https-site.ts";
import { startMemorySite } from "./memory-site.ts";
import { startOpenSshSite } from "./openssh-site.ts";
import { startRealWebdavSite } from "./real-webdav-site.ts";
import type { ServerName, Site, SiteOptions } from "./site.ts";
import { startVsftpdSite } from "./vsftpd-site.ts";

const starters: Readonly<Record<ServerName, (options?: SiteOptions) => Promise<Site>>> = {
  openssh: startOpenSshSite,
  embedded: startEmbeddedSite,
  memory: startMemorySite,
  vsftpd: startVsftpdSite,
  "embedded-ftp": startEmbeddedFtpSite,
  "embedded-webdav": startEmbeddedWebdavSite,
  "embedded-s3": startEmbeddedS3Site,
  nginx: startHttpsSite,
  "nginx-dav": (options) => startRealWebdavSite("nginx-dav", options),
  apache: (options) => startRealWebdavSite("apache", options),
  rclone: (options) => startRealWebdavSite("rclone", options),
};

/** What is measured where no kind of server is asked for: a real one where it is installed, else the one in this process. */
export const usualServers: Readonly<Record<"sftp" | "ftp", ServerName>> = {
  sftp: hasProgram("openssh-server") ? "openssh" : "embedded",
  ftp: hasProgram("vsftpd") ? "vsftpd" : "embedded-ftp",
};

/** Those of https, WebDAV and S3: the real ones that are installed, and those in this process. */
export const webServers: readonly ServerName[] = [
  ...(["nginx", "apache", "rclone"] as const).filter((name) => hasProgram(name)),
  "embedded-webdav",
  "embedded-s3",
];

/** Starts the servers of a kind. */
export function startSite(server: ServerName, options: SiteOptions = {}): Promise<Site> {
  return starters[server](options);
}
