import { describe, expect, it } from "vitest";

import { getTransport } from "../../../src/index.ts";
import { hasProgram, titleNeeding } from "../../servers/find-servers.ts";
import { startProftpd } from "../../servers/proftpd.ts";
import { startPureFtpd } from "../../servers/pureftpd.ts";
import type { RealFtpServer } from "../../servers/real-ftp-server.ts";
import { startVsftpd } from "../../servers/vsftpd.ts";

const servers = {
  vsftpd: () => startVsftpd(),
  proftpd: () => startProftpd(),
  "pure-ftpd": () => startPureFtpd(),
} as const;

for (const [program, start] of Object.entries(servers) as [keyof typeof servers, () => Promise<RealFtpServer>][]) {
  describe.runIf(hasProgram(program))(titleNeeding(program, `whole files on a real ${program}`), () => {
    it("are as long as they are, whatever their names say", async () => {
      await using server = await start();
      const transport = getTransport(server.url(), [], { password: server.password });
      await transport.mkdir("b (5 bytes)");
      for (const name of ["a (5 bytes)", "(5 bytes)", "ü (5 bytes)", "b (5 bytes)/c", "5"]) {
        for (const content of ["", "1", "12345", "1234567890"]) {
          await transport.put(name, content);
          expect(String(await transport.getBytes(name))).toBe(content);
          const chunks: string[] = [];
          for await (const chunk of await transport.get(name)) chunks.push(String(chunk));
          expect(chunks.join("")).toBe(content);
        }
      }
      await transport.disconnect();
    });
  });
}
