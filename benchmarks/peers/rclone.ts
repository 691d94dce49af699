import { execFile } from "node:child_process";
import { devNull } from "node:os";
import { promisify } from "node:util";

import { programVersion } from "./program-version.ts";
import type { Destination, DestinationScheme, TransferPeer } from "./transfer.ts";
import { placeOf } from "./transfer.ts";

/** `rclone`, with so many transfers at a time; by default four, as it has. */
export function rclone(transfers = 4): TransferPeer {
  return {
    name: transfers === 4 ? "rclone" : `rclone ‖${transfers}`,
    version: () => programVersion("rclone", "version"),
    can: () => true,
    async commands({ action, what, local, remote }, destination) {
      const { scheme, path } = placeOf(destination);
      const there = `:${backends[scheme]}:${scheme === "dav" ? remote : path(remote)}`;
      const [from, to] = action === "put" ? [local, there] : [there, local];
      const verb = what === "tree" ? "copy" : "copyto";
      const parallel = ["--transfers", String(transfers), "--checkers", String(Math.max(8, transfers))];
      const env = { RCLONE_CONFIG: devNull, ...(await remoteSettings[scheme](destination)) };
      return [{ words: ["rclone", verb, ...parallel, from, to], env }];
    },
  };
}

const backends: Readonly<Record<DestinationScheme, string>> = { sftp: "sftp", ftp: "ftp", dav: "webdav" };

/** What it would have in its configuration. It does no more for each file than the others: no hash of what is there, and no time of modification. */
const remoteSettings: Readonly<Record<DestinationScheme, (to: Destination) => Promise<Record<string, string>>>> = {
  sftp: (destination) => {
    const { host, port, user } = placeOf(destination);
    return Promise.resolve({
      RCLONE_SFTP_HOST: host,
      RCLONE_SFTP_PORT: port,
      RCLONE_SFTP_USER: user,
      RCLONE_SFTP_KEY_FILE: destination.identityFile ?? "",
      RCLONE_SFTP_DISABLE_HASHCHECK: "true",
      RCLONE_SFTP_SET_MODTIME: "false",
    });
  },
  ftp: async (destination) => {
    const { host, port, user } = placeOf(destination);
    const { stdout } = await promisify(execFile)("rclone", ["obscure", destination.password ?? ""]);
    return { RCLONE_FTP_HOST: host, RCLONE_FTP_PORT: port, RCLONE_FTP_USER: user, RCLONE_FTP_PASS: stdout.trim() };
  },
  dav: (destination) =>
    Promise.resolve({ RCLONE_WEBDAV_URL: placeOf(destination).url(), RCLONE_WEBDAV_VENDOR: "other" }),
};
