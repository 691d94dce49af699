import { afterAll, describe, it } from "vitest";

import { conformance } from "../../src/testing.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { RealFtpServer } from "../servers/real-ftp-server.ts";
import { startProftpd } from "../servers/proftpd.ts";
import { ftpSite } from "./ftp-site.ts";

const servers: Record<string, () => Promise<RealFtpServer>> = {
  "ftp on ProFTPD": () => startProftpd(),
  "ftpes on ProFTPD": () => startProftpd({ tls: "explicit" }),
};

describe.runIf(hasProgram("proftpd"))(titleNeeding("proftpd", "on a real ProFTPD"), () => {
  for (const [name, start] of Object.entries(servers)) {
    describe(`as ${name}`, () => {
      let server: Promise<RealFtpServer> | undefined;

      afterAll(async () => {
        await (await server)?.stop();
      });

      conformance({ describe, it }, { name, open: async () => await ftpSite(await (server ??= start())) });
    });
  }
});
