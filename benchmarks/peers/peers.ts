import { lftp } from "./lftp.ts";
import { openSshScp, openSshSftp } from "./openssh.ts";
import { rclone } from "./rclone.ts";
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
