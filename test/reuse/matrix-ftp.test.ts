import { ftpMatrixSite } from "./matrix/ftp-site.ts";
import { matrix } from "./matrix/matrix.ts";

matrix("ftp", "an in-process FTP server", () => ftpMatrixSite("ftp"));
matrix("ftp", "an in-process FTP server, as ftpes:", () => ftpMatrixSite("ftpes"));
matrix("ftps", "an in-process FTP server with TLS", () => ftpMatrixSite("ftps"));
