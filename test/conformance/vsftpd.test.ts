import { afterAll, describe, it } from "vitest";

import { conformance } from "../../src/testing.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { RealFtpServer } from "../servers/real-ftp-server.ts";
import { startVsftpd } from "../servers/vsftpd.ts";
import { ftpSite } from "./ftp-site.ts";

const anonymously = "ftp on vsftpd, anonymous";

const servers: Record<string, () => Promise<RealFtpServer>> = {
  "ftp on vsftpd": () => startVsftpd(),
  "ftpes on vsftpd, which wants TLS sessions to be resumed": () => startVsftpd({ tls: "explicit" }),
  "ftps on vsftpd": () => startVsftpd({ tls: "implicit" }),
  [anonymously]: () => startVsftpd({ anonymous: true }),
};

describe.runIf(hasProgram("vsftpd"))(titleNeeding("vsftpd", "on a real vsftpd"), () => {
  for (const [name, start] of Object.entries(servers)) {
    describe(`as ${name}`, () => {
      let server: Promise<RealFtpServer> | undefined;

      afterAll(async () => {
        await (await server)?.stop();
      });

      conformance(
        { describe, it },
        { name, open: async () => await ftpSite(await (server ??= start()), { anonymous: name === anonymously }) },
      );
    });
  }
});
