import { setPassword } from "../../test/servers/temporary-account.ts";
import { startVsftpd } from "../../test/servers/vsftpd.ts";
import type { VsftpdServer } from "../../test/servers/vsftpd.ts";
import { BasicFtpPeer } from "./basic-ftp-peer.ts";
import { openFtpEntrance } from "./ftp-entrance.ts";
import { settled } from "./settled.ts";
import type { Site, SiteOptions } from "./site.ts";
import type { Started } from "./started.ts";
import { startAll } from "./started.ts";

/** vsftpd lets 32 wait. More are told that they are connected, where Linux answers with SYN cookies, and never hear of the server. */
const mostAtOnce = 30;

interface RealServer {
  readonly server: VsftpdServer;
  readonly root: string;
}

/** Two real vsftpd on this machine, whose users have the same password. */
export function startVsftpdSite({ delayMs = 0 }: SiteOptions = {}): Promise<Site> {
  return startAll(async (started) => {
    const [first, second] = [await startServer(started, delayMs), await startServer(started, delayMs)];
    const { password } = first.server;
    setPassword(second.server.user, password);
    return {
      server: "vsftpd",
      roots: [first.root, second.root],
      directory: first.server.root,
      options: { password, connections: 1, connectTimeoutMs: 120_000 },
      accepted: () => settled(() => first.server.accepted + second.server.accepted),
      mostAtOnce,
      peer: new BasicFtpPeer(password),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

async function startServer(started: Started, delayMs: number): Promise<RealServer> {
  const server = started.add(await startVsftpd());
  const { port } = started.add(await openFtpEntrance(server.port, delayMs));
  return { server, root: server.url("/", port) };
}
