import { startVsftpd } from "../servers/vsftpd.ts";
import { ftpConformance } from "./real-ftp.ts";

ftpConformance("vsftpd", {
  "ftp on vsftpd": { start: () => startVsftpd() },
  "ftpes on vsftpd, which wants TLS sessions to be resumed": { start: () => startVsftpd({ tls: "explicit" }) },
  "ftps on vsftpd": { start: () => startVsftpd({ tls: "implicit" }) },
  "ftp on vsftpd, anonymous": { start: () => startVsftpd({ anonymous: true }), anonymous: true },
});
