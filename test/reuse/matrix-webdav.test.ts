import { matrix } from "./matrix/matrix.ts";
import { webMatrixSite } from "./matrix/web-site.ts";

matrix("dav", "an in-process WebDAV server", () => webMatrixSite({ scheme: "dav" }));
matrix("davs", "an in-process WebDAV server with TLS", () => webMatrixSite({ scheme: "davs" }));
matrix("davs", "an in-process WebDAV server with HTTP/2", () => webMatrixSite({ scheme: "davs", http2: true }));
