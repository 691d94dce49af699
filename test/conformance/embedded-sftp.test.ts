import { afterAll, describe, it } from "vitest";

import type { ConformanceSite, SftpServer, SftpServerOptions } from "../../src/testing.ts";
import { conformance, sftpServerExtensions, startSftpServer, startTap } from "../../src/testing.ts";
import { fingerprintOf } from "../reuse/sites.ts";

/** The server of this package, with all that OpenSSH has, and as one that knows no extension; by which prefix it is reached. */
const servers: Record<string, SftpServerOptions & { readonly prefix?: string }> = {
  "sftp on the in-process server": { extensions: sftpServerExtensions },
  "sftp on a server without extensions": { extensions: [] },
  "chroot+sftp on the in-process server": { prefix: "chroot+" },
  "cache+log+trace+sftp on the in-process server": { prefix: "cache+log+trace+" },
};

for (const [name, { prefix = "", ...options }] of Object.entries(servers)) {
  describe(`as ${name}`, () => {
    let server: Promise<SftpServer> | undefined;
    let sites = 0;

    afterAll(async () => {
      await (await server)?.close();
    });

    async function embeddedSite(): Promise<ConformanceSite> {
      const sftp = await (server ??= startSftpServer(options));
      const { tree } = sftp;
      const home = `/home/${sftp.user}/site-${++sites}`;
      tree.mkdir(home);
      const tap = await startTap({ port: sftp.port });
      return {
        url: `${prefix}sftp://${sftp.user}@127.0.0.1:${tap.port}/~/site-${sites}/`,
        options: {
          password: sftp.password,
          ssh: {
            config: null,
            agent: null,
            identityFile: null,
            hostKeyFingerprints: sftp.hostKeys.map((key) => fingerprintOf(key.public)),
          },
        },
        secrets: [sftp.password],
        server: tap,
        openFiles: () => tree.openFiles,
        reread: async (path) => {
          const file = tree.open(`${home}/${path}`, { read: true });
          const content = file.read(0, file.stat().sizeBytes);
          file.close();
          return content;
        },
        close: () => tap.close(),
      };
    }

    conformance({ describe, it }, { name, open: embeddedSite });
  });
}
