import { startProftpd } from "../servers/proftpd.ts";
import { ftpConformance } from "./real-ftp.ts";

/** ProFTPD sleeps for 0.4 s whenever a connection has ended. */
const servers = 4;

ftpConformance("proftpd", {
  "ftp on ProFTPD": { start: () => startProftpd(), servers },
  "ftpes on ProFTPD": { start: () => startProftpd({ tls: "explicit" }), servers },
});
