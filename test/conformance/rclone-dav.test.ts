import { vi } from "vitest";

import { startRclone } from "../servers/rclone.ts";
import { davLogin, webdavConformance } from "./real-webdav.ts";

/** It reads a directory anew for each request, since it would not see for minutes what was made on the disk: many files in one take their time. */
vi.setConfig({ testTimeout: 120_000 });

/** Without its cache rclone opens every file that it lists, and fails after five seconds for one that is being written: nobody could list a directory while a file is put into it. */
const flags = ["--vfs-cache-mode", "writes", "--vfs-write-back", "0s"];

webdavConformance("rclone", {
  "dav on rclone serve webdav, behind Basic": {
    start: () => startRclone({ flags, login: davLogin }),
    options: davLogin,
  },
});
