import { devNull } from "node:os";

import { rclone } from "../peers/rclone.ts";
import type { TransferPeer } from "../peers/transfer.ts";
import { placeOf } from "../peers/transfer.ts";

/** `rclone` that reads from a server of HTTP which is not one of WebDAV. */
export const rcloneHttp: TransferPeer = {
  ...rclone(),
  commands: ({ local, remote }, destination) =>
    Promise.resolve([
      {
        words: ["rclone", "copyto", `:http:${remote}`, local],
        env: { RCLONE_CONFIG: devNull, RCLONE_HTTP_URL: placeOf(destination).url() },
      },
    ]),
};
