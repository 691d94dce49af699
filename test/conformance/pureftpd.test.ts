import { startPureFtpd } from "../servers/pureftpd.ts";
import { ftpConformance } from "./real-ftp.ts";

ftpConformance("pure-ftpd", {
  "ftp on Pure-FTPd": { start: () => startPureFtpd() },
  "ftpes on Pure-FTPd": { start: () => startPureFtpd({ tls: "explicit" }) },
});
