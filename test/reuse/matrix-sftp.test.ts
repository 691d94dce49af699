import { matrix } from "./matrix/matrix.ts";
import { sftpMatrixSite } from "./matrix/sftp-site.ts";

matrix("sftp", "an in-process SSH server", sftpMatrixSite);
