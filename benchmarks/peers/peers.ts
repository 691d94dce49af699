import { curl } from "./curl.ts";
import { lftp } from "./lftp.ts";
import { openSshScp, openSshSftp } from "./openssh.ts";
import { rclone } from "./rclone.ts";
import { nodePeer, pythonPeer } from "./self-measured.ts";
import type { DestinationScheme, Transfer, TransferPeer } from "./transfer.ts";

/** Everybody who copies files and trees, each at its best and as it comes. */
export const transferPeers: readonly TransferPeer[] = [
  openSshSftp(),
  openSshSftp({ cipher: "aes128-gcm@openssh.com" }),
  openSshScp(),
  lftp(1),
  lftp(8),
  rclone(),
  rclone(16),
  curl(),
  nodePeer("ssh2-sftp-client", { name: "ssh2-sftp-client", client: "ssh2-sftp-client", schemes: ["sftp"] }),
  nodePeer("ssh2-sftp-client", {
    name: "ssh2-sftp-client fast",
    client: "ssh2-sftp-client",
    schemes: ["sftp"],
    what: ["file"],
    settings: { fast: true },
  }),
  ...[64, 256].map((files) =>
    nodePeer("ssh2", {
      name: `bare ssh2 ‖${files}`,
      client: "bare-ssh2",
      schemes: ["sftp"],
      what: ["tree"],
      settings: { files },
    }),
  ),
  nodePeer("basic-ftp", { name: "basic-ftp", client: "basic-ftp", schemes: ["ftp"] }),
  nodePeer("webdav", { name: "webdav ‖16", client: "webdav", schemes: ["dav"], settings: { connections: 16 } }),
  nodePeer("undici", {
    name: "bare undici ‖16",
    client: "bare-undici",
    schemes: ["dav"],
    settings: { connections: 16 },
  }),
  pythonPeer({ name: "Breezy", client: "breezy", schemes: ["sftp"] }),
  pythonPeer({ name: "fsspec", client: "fsspec", schemes: ["sftp", "ftp"] }),
];

/** Those of them that are installed and can do this. */
export async function peersFor(
  scheme: DestinationScheme,
  what: Transfer["what"],
  peers: readonly TransferPeer[] = transferPeers,
): Promise<readonly TransferPeer[]> {
  const able = peers.filter((peer) => peer.can(scheme, what));
  const versions = await Promise.all(able.map((peer) => peer.version()));
  return able.filter((_, at) => versions[at] !== undefined);
}
