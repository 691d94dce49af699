import { afterAll, describe, it } from "vitest";

import type { ConformanceSite, FtpServer, FtpServerOptions } from "../../src/testing.ts";
import { conformance, ftpServerFeatures, startFtpServer, startTap } from "../../src/testing.ts";

const newer = new Set(["MLST", "MFMT"]);

/** The server of this package, as today's servers are, secured in both ways, and as vsftpd is. */
const servers: Record<string, FtpServerOptions & { readonly prefix?: string }> = {
  "ftp on the in-process server": {},
  "ftpes on the in-process server": { tls: "explicit", requireSessionReuse: true },
  "ftps on the in-process server": { tls: "implicit", requireSessionReuse: true, maxTlsVersion: "TLSv1.2" },
  "ftp on a server without facts": {
    features: ftpServerFeatures.filter((feature) => !newer.has(feature)),
    listsMissingAsEmpty: true,
  },
  "chroot+ftp on the in-process server": { prefix: "chroot+" },
  "log+trace+cache+ftp on the in-process server": { prefix: "log+trace+cache+" },
};

for (const [name, { prefix = "", ...options }] of Object.entries(servers)) {
  describe(`as ${name}`, () => {
    let server: Promise<FtpServer> | undefined;
    let sites = 0;

    afterAll(async () => {
      await (await server)?.close();
    });

    async function embeddedSite(): Promise<ConformanceSite> {
      const ftp = await (server ??= startFtpServer(options));
      const { tree, ca } = ftp;
      const home = `/home/${ftp.user}/site-${++sites}`;
      tree.mkdir(home);
      const tap = await startTap({ port: ftp.port });
      return {
        url: `${prefix}${ftp.url.replace(`:${ftp.port}/`, `:${tap.port}/`)}site-${sites}/`,
        options: { password: ftp.password, deadlockAfterMs: 300, ...(ca === undefined ? {} : { tls: { ca } }) },
        secrets: [ftp.password],
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
