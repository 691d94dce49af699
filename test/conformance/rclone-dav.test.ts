import { startRclone } from "../servers/rclone.ts";
import { davLogin, webdavConformance } from "./real-webdav.ts";

/** Without its cache rclone opens every file that it lists, and fails after five seconds for one that is being written: nobody could list a directory while a file is put into it. */
const cached = { flags: ["--vfs-cache-mode", "writes", "--vfs-write-back", "0s"] };

webdavConformance("rclone", {
  "dav on rclone serve webdav": { start: () => startRclone(cached) },
  "dav on rclone serve webdav, behind Basic": {
    start: () => startRclone({ ...cached, login: davLogin }),
    options: davLogin,
  },
});
