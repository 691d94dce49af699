import { startProftpd } from "../servers/proftpd.ts";
import { ftpConformance } from "./real-ftp.ts";

ftpConformance("proftpd", {
  "ftp on ProFTPD": { start: () => startProftpd() },
  "ftpes on ProFTPD": { start: () => startProftpd({ tls: "explicit" }) },
});
