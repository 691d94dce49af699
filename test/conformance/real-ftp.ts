import { afterAll, describe, it } from "vitest";

import { conformance } from "../../src/testing.ts";
import type { ProgramName } from "../servers/find-servers.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { RealFtpServer } from "../servers/real-ftp-server.ts";
import { ftpSite } from "./ftp-site.ts";

/** A server as it is to be tested, and how it is reached. */
export interface FtpSubject {
  readonly start: () => Promise<RealFtpServer>;
  /** By whoever does not log in as anybody, to read only. Default false. */
  readonly anonymous?: boolean;
}

/** Runs the suite on real servers of one kind, each under the name that says which. */
export function ftpConformance(program: ProgramName, subjects: Readonly<Record<string, FtpSubject>>): void {
  describe.runIf(hasProgram(program))(titleNeeding(program, `on a real ${program}`), () => {
    for (const [name, { start, anonymous = false }] of Object.entries(subjects)) {
      describe(`as ${name}`, () => {
        let server: Promise<RealFtpServer> | undefined;

        afterAll(async () => {
          await (await server)?.stop();
        });

        conformance(
          { describe, it },
          { name, open: async () => await ftpSite(await (server ??= start()), { anonymous }) },
        );
      });
    }
  });
}
