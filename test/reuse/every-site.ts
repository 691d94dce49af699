import { httpSite } from "./http-site.ts";
import { s3Site } from "./s3-site.ts";
import type { CountingSite } from "./sites.ts";
import { ftpSite, memorySite, sftpSite, webdavSite } from "./sites.ts";

/** Every server on which the required cases of CONTRACT §2 run; each decides by what it accepted. */
export const everySite: Record<string, () => Promise<CountingSite>> = {
  "a memory store": memorySite,
  "an in-process SFTP server": sftpSite,
  "an in-process FTP server": ftpSite,
  "an in-process FTP server that is asked for TLS": () => ftpSite({ tls: "explicit" }),
  "an in-process FTP server with TLS": () => ftpSite({ tls: "implicit" }),
  "an in-process HTTP server": () => httpSite("http"),
  "an in-process HTTPS server": () => httpSite("https"),
  "an in-process HTTPS server with HTTP/2": () => httpSite("https over HTTP/2"),
  "an in-process WebDAV server": webdavSite,
  "an in-process WebDAV server with TLS": () => webdavSite({ secure: true }),
  "an in-process WebDAV server with TLS and HTTP/2": () => webdavSite({ secure: true, http2: true }),
  "an in-process S3 server": s3Site,
  "an in-process S3 server with TLS": () => s3Site({ secure: true }),
};
