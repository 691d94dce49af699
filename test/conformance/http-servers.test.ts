import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

import { afterAll, describe, it } from "vitest";

import type { TransportOptions } from "../../src/index.ts";
import type { ConformanceSite } from "../../src/testing.ts";
import { conformance, startTap } from "../../src/testing.ts";
import { startApache } from "../servers/apache.ts";
import type { ProgramName } from "../servers/find-servers.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { startNginx } from "../servers/nginx.ts";
import type { WebTlsIdentity } from "../servers/tls-identity-web.ts";
import { makeWebTlsIdentity } from "../servers/tls-identity-web.ts";
import type { WebServer } from "../servers/web-server.ts";

const login = { user: "joe", password: "correct horse" };

/** After a hundred requests Apache closes a connection; the suite counts what the client does. */
const patient = ["MaxKeepAliveRequests 0"];

interface Served {
  readonly needs: ProgramName;
  readonly start: (identity: () => Promise<WebTlsIdentity>) => Promise<WebServer>;
  readonly options?: (identity: () => Promise<WebTlsIdentity>) => Promise<TransportOptions>;
}

const servers: Record<string, Served> = {
  "http on nginx": { needs: "nginx", start: () => startNginx() },
  "http on nginx, behind Basic": {
    needs: "nginx",
    start: () => startNginx({ login }),
    options: async () => login,
  },
  "https on nginx, over HTTP/2, for clients with a certificate": {
    needs: "nginx",
    start: async (identity) =>
      startNginx({ http2: true, tls: { identity: await identity(), clientCertificate: "required" } }),
    options: async (identity) => {
      const { ca, clientCertificate, clientKey } = await identity();
      return { tls: { ca, cert: clientCertificate, key: clientKey } };
    },
  },
  "http on Apache, behind Digest": {
    needs: "apache",
    start: () => startApache({ index: "fancy", login: { ...login, scheme: "digest" }, config: patient }),
    options: async () => login,
  },
  "https on Apache": {
    needs: "apache",
    start: async (identity) => startApache({ index: "debian", tls: { identity: await identity() }, config: patient }),
    options: async (identity) => ({ tls: { ca: (await identity()).ca } }),
  },
};

let made: Promise<WebTlsIdentity> | undefined;
const identity = (): Promise<WebTlsIdentity> => (made ??= makeWebTlsIdentity());
afterAll(async () => {
  await (await made)?.[Symbol.asyncDispose]();
});

for (const [name, { needs, start, options = async () => ({}) }] of Object.entries(servers)) {
  describe.runIf(hasProgram(needs))(titleNeeding(needs, `as ${name}`), () => {
    let started: Promise<WebServer> | undefined;

    afterAll(async () => {
      await (await started)?.stop();
    });

    async function open(): Promise<ConformanceSite> {
      const server = await (started ??= start(identity));
      const folder = await mkdtemp(join(server.root, "site "));
      // The server's processes may be another user's.
      await chmod(folder, 0o755);
      const tap = await startTap({ port: server.port });
      return {
        url: server.url(`/${encodeURI(relative(server.root, folder))}/`, tap.port),
        // How long waiting for oneself is watched is the pool's policy, which users are not offered.
        options: { ...(await options(identity)), deadlockAfterMs: 500 } as TransportOptions,
        secrets: [login.password],
        server: tap,
        reread: (path) => readFile(join(folder, path)),
        seed: async (path, content) => {
          await mkdir(dirname(join(folder, path)), { recursive: true });
          await writeFile(join(folder, path), content);
        },
        close: async () => {
          await tap.close();
          await rm(folder, { recursive: true, force: true });
        },
      };
    }

    conformance({ describe, it }, { name, open });
  });
}
