import { afterAll, describe, it } from "vitest";

import type { TransportOptions } from "../../src/index.ts";
import type { ConformanceSite, WebdavServer, WebdavServerOptions } from "../../src/testing.ts";
import { conformance, generateTlsIdentity, startTap, startWebdavServer, webdavServerKinds } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";

const identity = await generateTlsIdentity();
const { cert } = identity;
const user = "joe";
const password = "correct horse";
const users = { [user]: password };

interface Served {
  readonly server: WebdavServerOptions;
  readonly options?: TransportOptions;
}

/** The server of this package: as the RFC has it, secured in several ways, and as servers that many have. */
const servers: Record<string, Served> = {
  "dav on the in-process server": { server: {} },
  "dav on the in-process server, behind Digest": {
    server: { login: { scheme: "digest", users } },
    options: { user, password },
  },
  "dav on the in-process server, without locks": { server: { locks: false, etags: "none", ranges: "none" } },
  "dav on the in-process server, like Apache": { server: { ...webdavServerKinds.apache, ranges: "merged" } },
  "dav on the in-process server, like nginx": { server: webdavServerKinds.nginx },
  "dav on the in-process server, like rclone": { server: webdavServerKinds.rclone },
  "davs on the in-process server, over HTTP/1.1, behind Basic": {
    server: { tls: identity, lengths: false, login: { scheme: "basic", users } },
    options: { user, password, tls: { ca: cert } },
  },
  "davs on the in-process server, over HTTP/2": {
    server: { tls: identity, http2: true, etags: "weak" },
    options: { tls: { ca: cert } },
  },
};

for (const [name, { server: serverOptions, options = {} }] of Object.entries(servers)) {
  describe(`as ${name}`, () => {
    let started: Promise<WebdavServer> | undefined;
    let sites = 0;

    afterAll(async () => {
      await (await started)?.close();
    });

    async function open(): Promise<ConformanceSite> {
      const server = await (started ??= startWebdavServer(serverOptions));
      const { tree } = server;
      const home = `/site ${++sites}`;
      tree.mkdir(home);
      const tap = await startTap({ port: server.port });
      const scheme = serverOptions.tls === undefined ? "dav" : "davs";
      return {
        url: `${scheme}://127.0.0.1:${tap.port}${encodeURI(home)}/`,
        // How long waiting for oneself is watched is the pool's policy, which users are not offered.
        options: { ...options, deadlockAfterMs: 500 } as TransportOptions,
        secrets: [password],
        server: tap,
        openFiles: () => tree.openFiles,
        seed: async (path, content) => seedTree(tree, `${home}/${path}`, content),
        reread: async (path) => {
          const file = tree.open(`${home}/${path}`, { read: true });
          const content = file.read(0, file.stat().sizeBytes);
          file.close();
          return content;
        },
        close: () => tap.close(),
      };
    }

    conformance({ describe, it }, { name, open });
  });
}
