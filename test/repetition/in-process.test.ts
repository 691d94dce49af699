import { embeddedDav } from "./embedded-dav.ts";
import { embeddedFtp } from "./embedded-ftp.ts";
import { embeddedS3 } from "./embedded-s3.ts";
import { embeddedSftp } from "./embedded-sftp.ts";
import { testRows } from "./test-rows.ts";

for (const subject of [embeddedSftp, embeddedFtp, embeddedDav, embeddedS3]) testRows(subject);
