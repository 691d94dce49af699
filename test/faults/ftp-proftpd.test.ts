import { startProftpd } from "../servers/proftpd.ts";
import { realFtpMatrix } from "./ftp-real.ts";

realFtpMatrix({ program: "proftpd", start: () => startProftpd(), looksWith: "MLST" });
