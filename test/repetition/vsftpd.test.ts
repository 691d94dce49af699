import { chownSync, mkdtempSync, statSync } from "node:fs";
import { basename, join } from "node:path";

import { afterAll, describe } from "vitest";

import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { VsftpdServer } from "../servers/vsftpd.ts";
import { startVsftpd } from "../servers/vsftpd.ts";
import { realSite } from "./real-site.ts";
import type { Step } from "./repetition-site.ts";
import { testRows } from "./test-rows.ts";

const before: ReadonlySet<Step> = new Set<Step>([
  "look",
  "list",
  "open to read",
  "mkdir",
  "delete",
  "rmdir",
  "attributes",
]);
const after: ReadonlySet<Step> = new Set<Step>(["append", "mkdir", "delete", "rmdir", "rename"]);

describe.runIf(hasProgram("vsftpd"))(titleNeeding("vsftpd", "on a real vsftpd"), () => {
  let server: Promise<VsftpdServer> | undefined;
  afterAll(async () => {
    await (await server)?.stop();
  });

  testRows({
    name: "ftp on vsftpd",
    open: async () => {
      const vsftpd = await (server ??= startVsftpd());
      const owner = statSync(vsftpd.root);
      const folder = mkdtempSync(join(vsftpd.root, "site-"));
      chownSync(folder, owner.uid, owner.gid);
      const { port, password } = vsftpd;
      const url = (tap: number): string => `${vsftpd.url(`/${basename(folder)}/`, tap)}`;
      return await realSite({ folder, port, owner, url, options: { password } });
    },
    steps: { before, after },
    // Both of its commands go out together, and neither is answered: nobody knows that there was anything to be renamed.
    otherwise: {
      "rename: after rename": { outcome: "unknown" },
      "rename, onto a file: after rename": { outcome: "unknown" },
      "rename, of a directory: after rename": { outcome: "unknown" },
    },
  });
});
