import { hasProgram } from "../../test/servers/find-servers.ts";
import { samewireProgram } from "../peers/self-measured.ts";
import type { DestinationScheme, TransferPeer } from "../peers/transfer.ts";
import type { ServerName } from "../sites/site.ts";
import { usualServers } from "../sites/sites.ts";
import type { Target } from "../target.ts";
import type { TreeSize } from "./made-tree.ts";

/** samewire as it takes part: the first stands for it in ratios. */
export interface OurPeer {
  readonly peer: TransferPeer;
  readonly atomic: "as it comes" | false;
  readonly connections: number;
}

/** A server, a delay and a tree, and who copies it there and back. */
export interface TreeComparison {
  readonly scheme: DestinationScheme;
  readonly server: ServerName;
  readonly roundTripMs: number;
  readonly size: TreeSize;
  readonly ours: readonly OurPeer[];
  /** Those of the others that do not take part, by name. */
  readonly without: RegExp;
  readonly targets: readonly Target[];
  /** What may be how many times as long as the bound. */
  readonly mostOfBound?: number;
}

const large: TreeSize = { files: 2_000, directories: 50, bytesPerFile: 4_096 };
const medium: TreeSize = { files: 500, directories: 50, bytesPerFile: 4_096 };
/** For one FTP connection at a delay, where each file costs three round trips whoever copies it. */
const small: TreeSize = { files: 60, directories: 6, bytesPerFile: 4_096 };
const tiny: TreeSize = { files: 12, directories: 3, bytesPerFile: 4_096 };

/**
 * Who would be seen twice: ciphers make no difference to small files, scp is sftp in another coat, and who copies one file after another is
 * shown by OpenSSH for all. Without a delay nobody gains by more than 64 in flight.
 */
const alike = /^(OpenSSH sftp aes|OpenSSH scp|bare ssh2 ‖256|Breezy|fsspec)/;
/** At a delay those take a minute and more. */
const oneByOne = /^(OpenSSH sftp aes|OpenSSH scp|lftp$|rclone$|Breezy|fsspec)/;

const sshPeers = ["OpenSSH sftp", "lftp", "lftp ‖8", "rclone", "rclone ‖16", "ssh2-sftp-client"];
const davPeers = ["rclone ‖16", "webdav ‖16"];

export function comparisons(smoke: boolean): readonly TreeComparison[] {
  const { sftp, ftp } = usualServers;
  const dav = davServer();
  if (smoke) return smokeComparisons(sftp, ftp, dav);
  return [
    { ...sftpCase(sftp, 0, large), targets: [{ most: 0.5, of: sshPeers }] },
    { ...sftpCase(sftp, 20, medium), targets: [{ most: 0.15, of: sshPeers }], mostOfBound: 2 },
    { ...ftpCase(ftp, 0, large, [1]), targets: [{ most: 0.8, of: ["basic-ftp"] }] },
    { ...ftpCase(ftp, 20, small, [1]), targets: [{ most: 0.8, of: ["basic-ftp"] }] },
    {
      ...ftpCase(ftp, 0, large, [8]),
      without: /^(basic-ftp|fsspec|rclone$|OpenSSH)/,
      targets: [{ most: 1, of: ["lftp ‖8"] }],
    },
    {
      ...ftpCase(ftp, 20, medium, [8]),
      without: /^(basic-ftp|fsspec|lftp$|rclone$)/,
      targets: [{ most: 0.6, of: ["lftp ‖8"] }],
    },
    { ...davCase(dav, 0, large), targets: [{ most: 1, of: davPeers }] },
    { ...davCase(dav, 20, medium), targets: [{ most: 1, of: [...davPeers, "curl -Z"] }] },
  ];
}

/** One of each program, and as few comparisons as show that all of it runs. */
function smokeComparisons(sftp: ServerName, ftp: ServerName, dav: ServerName): readonly TreeComparison[] {
  const without = /(scp|aes128|‖8|‖16|‖256|fsspec)/;
  return [
    { ...sftpCase(sftp, 2, tiny), without },
    { ...ftpCase(ftp, 0, tiny, [8]), without },
    { ...davCase(dav, 0, tiny), without: /rclone/ },
  ];
}

function davServer(): ServerName {
  return (["apache", "nginx-dav"] as const).find((name) => hasProgram(name)) ?? "embedded-webdav";
}

function sftpCase(server: ServerName, roundTripMs: number, size: TreeSize): TreeComparison {
  const without = roundTripMs === 0 ? alike : oneByOne;
  const ours = [ourPeer("samewire", 1), ourPeer("samewire in place", 1, false)];
  return { scheme: "sftp", server, roundTripMs, size, ours, without, targets: [] };
}

function ftpCase(
  server: ServerName,
  roundTripMs: number,
  size: TreeSize,
  connections: readonly number[],
): TreeComparison {
  const ours = connections.flatMap((count) => [
    ourPeer(`samewire ‖${count}`, count),
    ...(count === 1 ? [ourPeer(`samewire ‖${count} in place`, count, false)] : []),
  ]);
  // Beside one connection only those that have one.
  return { scheme: "ftp", server, roundTripMs, size, ours, without: /^(lftp|rclone|fsspec)/, targets: [] };
}

function davCase(server: ServerName, roundTripMs: number, size: TreeSize): TreeComparison {
  const ours = [
    ourPeer("samewire ‖16", 16),
    ...(roundTripMs === 0 ? [ourPeer("samewire ‖16 in place", 16, false), ourPeer("samewire", 1)] : []),
  ];
  return { scheme: "dav", server, roundTripMs, size, ours, without: /^(OpenSSH|rclone$|fsspec)/, targets: [] };
}

function ourPeer(name: string, connections: number, atomic?: false): OurPeer {
  const peer = samewireProgram(name, { connections, ...(atomic === false ? { atomic } : {}) });
  return { peer, connections, atomic: atomic ?? "as it comes" };
}
