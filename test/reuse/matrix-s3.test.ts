import { matrix } from "./matrix/matrix.ts";
import { s3MatrixSite } from "./matrix/s3-site.ts";

matrix("s3", "an in-process S3 server with TLS", s3MatrixSite);
