import { mkdtempSync } from "node:fs";
import { join } from "node:path";

import { afterAll, describe } from "vitest";

import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { OpenSshServer } from "../servers/openssh.ts";
import { startOpenSsh } from "../servers/openssh.ts";
import { realSite } from "./real-site.ts";
import type { Step } from "./repetition-site.ts";
import { testRows } from "./test-rows.ts";

const before: ReadonlySet<Step> = new Set<Step>([
  "look",
  "list",
  "open to read",
  "readlink",
  "mkdir",
  "symlink",
  "hardlink",
  "delete",
  "rmdir",
  "attributes",
]);
const after: ReadonlySet<Step> = new Set<Step>(["append", "mkdir", "symlink", "hardlink", "delete", "rmdir", "rename"]);

describe.runIf(hasProgram("openssh-server"))(titleNeeding("openssh-server", "on a real sshd"), () => {
  let server: Promise<OpenSshServer> | undefined;
  afterAll(async () => {
    await (await server)?.stop();
  });

  testRows({
    name: "sftp on OpenSSH",
    open: async () => {
      const sshd = await (server ??= startOpenSsh());
      const folder = mkdtempSync(join(sshd.root, "site-"));
      const { identityFile, knownHostsFile: knownHosts, port } = sshd;
      const hostKeyAlias = `[127.0.0.1]:${port}`;
      const options = { ssh: { config: null, agent: null, identityFile, knownHosts, hostKeyAlias } };
      return await realSite({ folder, port, url: (tap) => `${sshd.url(folder, tap)}/`, options });
    },
    steps: { before, after },
    otherwise: {
      "rename: after rename": { outcome: "unknown" },
      "rename, onto a file: after rename": { outcome: "unknown" },
      "rename, of a directory: after rename": { outcome: "unknown" },
    },
  });
});
