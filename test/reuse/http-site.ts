import { generateTlsIdentity } from "../../src/testing/servers/tls-identity.ts";
import { startHttpServer } from "../../src/testing/servers/http-server.ts";
import type { CountingSite } from "./sites.ts";
import { toThisMachine } from "./sites.ts";

/** How an HTTP server is reached. */
export type HttpKind = "http" | "https" | "https over HTTP/2";

/** HTTP servers in this process, under an international name, that want a password. */
export async function httpSite(kind: HttpKind): Promise<CountingSite> {
  const secure = kind !== "http";
  const identity = secure ? await generateTlsIdentity({ names: ["server.xn--bcher-kva.example"] }) : undefined;
  const server = await startHttpServer({
    login: { scheme: "basic", users: { joe: "secret", Joe: "another secret" } },
    http2: kind === "https over HTTP/2",
    ...(identity === undefined ? {} : { tls: identity }),
  });
  const scheme = secure ? "https" : "http";
  return {
    name: kind,
    password: "secret",
    options: { lookup: toThisMachine, ...(identity === undefined ? {} : { tls: { ca: identity.cert } }) },
    url: ({ user = "joe", password, host = "server.bücher.example", path = "/" } = {}) =>
      `${scheme}://${user}${password === undefined ? "" : `:${encodeURIComponent(password)}`}@${host}:${server.port}${path}`,
    accepted: () => server.accepted,
    open: () => server.open,
    sever: async () => {
      server.sever();
      while (server.open > 0) await new Promise((resolve) => setImmediate(resolve));
    },
    close: () => server.close(),
  };
}
