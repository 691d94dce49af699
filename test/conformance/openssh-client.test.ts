import { afterAll, describe, it } from "vitest";

import { conformance } from "../../src/testing.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { OpenSshSites } from "./openssh-site.ts";

/** The same server as in openssh.test.ts, through the system's own client. */
const title = titleNeeding("openssh-client", titleNeeding("openssh-server", "on a real sshd, through ssh"));

describe.runIf(hasProgram("openssh-server") && hasProgram("openssh-client"))(title, () => {
  const sites = new OpenSshSites({ client: "openssh" });
  afterAll(() => sites.stop());

  conformance({ describe, it }, { name: "sftp through OpenSSH's client", open: () => sites.open() });
});
