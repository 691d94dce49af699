import { findProgram } from "../../test/servers/find-servers.ts";
import { startEmbeddedSite } from "./embedded-site.ts";
import { startMemorySite } from "./memory-site.ts";
import { startOpenSshSite } from "./openssh-site.ts";
import type { ServerName, Site, SiteOptions } from "./site.ts";

const starters: Readonly<Record<ServerName, (options?: SiteOptions) => Promise<Site>>> = {
  openssh: startOpenSshSite,
  embedded: startEmbeddedSite,
  memory: startMemorySite,
};

/** Starts the servers of a kind; by default a real sshd where one is installed, else the servers in this process. */
export function startSite(
  server: ServerName = findProgram("openssh-server") === undefined ? "embedded" : "openssh",
  options: SiteOptions = {},
): Promise<Site> {
  return starters[server](options);
}
