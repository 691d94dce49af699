import { startNginx } from "../servers/nginx.ts";
import { davLogin, webdavConformance } from "./real-webdav.ts";

webdavConformance("nginx-dav", {
  "dav on nginx with dav-ext": { start: () => startNginx({ dav: true }) },
  "davs on nginx with dav-ext, over HTTP/2, behind Basic": {
    start: async (identity) =>
      startNginx({ dav: true, http2: true, login: davLogin, tls: { identity: await identity() } }),
    scheme: "davs",
    options: davLogin,
  },
});
