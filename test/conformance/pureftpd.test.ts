import { afterAll, describe, it } from "vitest";

import { conformance } from "../../src/testing.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { RealFtpServer } from "../servers/real-ftp-server.ts";
import { startPureFtpd } from "../servers/pureftpd.ts";
import { ftpSite } from "./ftp-site.ts";

const servers: Record<string, () => Promise<RealFtpServer>> = {
  "ftp on Pure-FTPd": () => startPureFtpd(),
  "ftpes on Pure-FTPd": () => startPureFtpd({ tls: "explicit" }),
};

describe.runIf(hasProgram("pure-ftpd"))(titleNeeding("pure-ftpd", "on a real Pure-FTPd"), () => {
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
