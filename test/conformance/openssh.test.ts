import { afterAll, describe, it } from "vitest";

import { conformance } from "../../src/testing.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { OpenSshSites } from "./openssh-site.ts";

describe.runIf(hasProgram("openssh-server"))(titleNeeding("openssh-server", "on a real sshd"), () => {
  const sites = new OpenSshSites();
  afterAll(() => sites.stop());

  conformance({ describe, it }, { name: "sftp on OpenSSH", open: () => sites.open() });
});
