import { startVsftpd } from "../servers/vsftpd.ts";
import { realFtpMatrix } from "./ftp-real.ts";

realFtpMatrix({ program: "vsftpd", start: () => startVsftpd(), looksWith: "STAT" });
