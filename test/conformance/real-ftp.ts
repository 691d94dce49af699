import { afterAll, describe, it } from "vitest";

import type { ConformanceSite } from "../../src/testing.ts";
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
  /** Servers that take turns, where one rests after each connection before it accepts another. Default 1. */
  readonly servers?: number;
}

/** Runs the suite on real servers of one kind, each under the name that says which. */
export function ftpConformance(program: ProgramName, subjects: Readonly<Record<string, FtpSubject>>): void {
  describe.runIf(hasProgram(program))(titleNeeding(program, `on a real ${program}`), () => {
    for (const [name, { start, anonymous = false, servers = 1 }] of Object.entries(subjects)) {
      describe(`as ${name}`, () => {
        const started: Promise<RealFtpServer>[] = [];
        let sites = 0;

        afterAll(async () => {
          await Promise.all(started.map(async (server) => await (await server).stop()));
        });

        const open = async (): Promise<ConformanceSite> => {
          const server = await (started[sites++ % servers] ??= start());
          return await ftpSite(server, { anonymous });
        };
        conformance({ describe, it }, { name, open });
      });
    }
  });
}
