import { afterAll, describe, it } from "vitest";

import type { TransportOptions } from "../../src/index.ts";
import type { ConformanceSite, HttpServer, HttpServerOptions } from "../../src/testing.ts";
import { FileTree, conformance, generateTlsIdentity, startHttpServer, startTap } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";

const identity = await generateTlsIdentity();
const { cert } = identity;
const user = "joe";
const password = "correct horse";

interface Served {
  readonly server: HttpServerOptions;
  readonly options?: TransportOptions;
}

/** The server of this package as every kind of server that is met. */
const servers: Record<string, Served> = {
  "http on the in-process server": { server: {} },
  "http on a server that knows no ranges, behind Digest": {
    server: {
      ranges: "none",
      etags: "none",
      index: "python",
      login: { scheme: "digest", users: { [user]: password } },
    },
    options: { user, password },
  },
  "http on a server that answers one range at a time and refuses HEAD": {
    server: { ranges: "one", head: false, index: "apache" },
  },
  "https on the in-process server, over HTTP/1.1": {
    server: {
      tls: identity,
      index: "caddy",
      ranges: "merged",
      login: { scheme: "basic", users: { [user]: password } },
    },
    options: { user, password, tls: { ca: cert } },
  },
  "https on the in-process server, over HTTP/2": {
    server: { tls: identity, http2: true, etags: "weak" },
    options: { tls: { ca: cert } },
  },
};

for (const [name, { server: serverOptions, options = {} }] of Object.entries(servers)) {
  describe(`as ${name}`, () => {
    let started: Promise<HttpServer> | undefined;
    let sites = 0;

    afterAll(async () => {
      await (await started)?.close();
    });

    async function open(): Promise<ConformanceSite> {
      const server = await (started ??= startHttpServer({ tree: new FileTree(), ...serverOptions }));
      const { tree } = server;
      const home = `/site ${++sites}`;
      tree.mkdir(home);
      const tap = await startTap({ port: server.port });
      const scheme = serverOptions.tls === undefined ? "http" : "https";
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
