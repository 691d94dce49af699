import { startApache } from "../servers/apache.ts";
import { davLogin, webdavConformance } from "./real-webdav.ts";

/** After a hundred requests Apache closes a connection; the suite counts what the client does. */
const patient = ["MaxKeepAliveRequests 0"];

webdavConformance("apache", {
  "dav on Apache mod_dav": { start: () => startApache({ dav: true, config: patient }) },
  "dav on Apache mod_dav, behind Digest": {
    start: () => startApache({ dav: true, login: { ...davLogin, scheme: "digest" }, config: patient }),
    options: davLogin,
  },
  "davs on Apache mod_dav": {
    start: async (identity) => startApache({ dav: true, tls: { identity: await identity() }, config: patient }),
    scheme: "davs",
  },
});
