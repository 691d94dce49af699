import { ftpSite } from "./ftp-site.ts";
import { faultMatrix } from "./matrix.ts";

faultMatrix(ftpSite("ftp"));
