import type { HttpWire } from "../../../drivers/http-wire.ts";
import type { ConnectedScheme } from "../../../transport/connected-scheme.ts";
import { schemeOverHttp } from "../http-scheme.ts";
import { WebdavPrimitives } from "./webdav-primitives.ts";

/** `dav:`, also called `webdav:`. WebDAV over HTTP. */
export const davScheme: ConnectedScheme<HttpWire> = schemeOverHttp({
  names: ["dav", "webdav"],
  counterpart: "davs",
  secure: false,
  exactTargets: false,
  primitives: (connection, request) => new WebdavPrimitives(connection, request),
});

/** `davs:`, also called `webdavs:`. WebDAV over HTTPS. */
export const davsScheme: ConnectedScheme<HttpWire> = schemeOverHttp({
  names: ["davs", "webdavs"],
  counterpart: "dav",
  secure: true,
  exactTargets: false,
  primitives: (connection, request) => new WebdavPrimitives(connection, request),
});
