import { matrix } from "./matrix/matrix.ts";
import { webMatrixSite } from "./matrix/web-site.ts";

matrix("http", "an in-process web server", () => webMatrixSite({ scheme: "http" }));
matrix("https", "an in-process web server with TLS", () => webMatrixSite({ scheme: "https" }));
matrix("https", "an in-process web server with HTTP/2", () => webMatrixSite({ scheme: "https", http2: true }));
