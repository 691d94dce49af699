import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { join, relative } from "node:path";

import { afterAll, describe, it } from "vitest";

import type { TransportOptions } from "../../src/index.ts";
import type { ConformanceSite } from "../../src/testing.ts";
import { conformance, startTap } from "../../src/testing.ts";
import type { ProgramName } from "../servers/find-servers.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { WebTlsIdentity } from "../servers/tls-identity-web.ts";
import { makeWebTlsIdentity } from "../servers/tls-identity-web.ts";
import type { Login, WebServer } from "../servers/web-server.ts";

export const davLogin: Login = { user: "joe", password: "correct horse" };

/** A server as it is to be tested, and how it is reached. */
export interface WebdavSubject {
  readonly start: (identity: () => Promise<WebTlsIdentity>) => Promise<WebServer>;
  /** How its URLs begin. Default `dav`. */
  readonly scheme?: "dav" | "davs";
  /** Beside the CA of a server with TLS. */
  readonly options?: TransportOptions;
}

/** Runs the suite on real servers of one kind, each under the name that says which. All that is on them is written over WebDAV, and read again from the disk. */
export function webdavConformance(program: ProgramName, subjects: Readonly<Record<string, WebdavSubject>>): void {
  let made: Promise<WebTlsIdentity> | undefined;
  const identity = (): Promise<WebTlsIdentity> => (made ??= makeWebTlsIdentity());
  afterAll(async () => {
    await (await made)?.[Symbol.asyncDispose]();
  });

  describe.runIf(hasProgram(program))(titleNeeding(program, `on a real ${program}`), () => {
    for (const [name, { start, scheme = "dav", options = {} }] of Object.entries(subjects)) {
      describe(`as ${name}`, () => {
        let started: Promise<WebServer> | undefined;

        afterAll(async () => {
          await (await started)?.stop();
        });

        const open = async (): Promise<ConformanceSite> => {
          const server = await (started ??= start(identity));
          const folder = await mkdtemp(join(server.root, "site "));
          // The server's processes may be another user's.
          await chmod(folder, 0o777);
          const tap = await startTap({ port: server.port });
          const tls = scheme === "davs" ? { tls: { ca: (await identity()).ca } } : {};
          return {
            url: `${scheme}://127.0.0.1:${tap.port}/${encodeURI(relative(server.root, folder))}/`,
            // How long waiting for oneself is watched is the pool's policy, which users are not offered.
            options: { ...tls, ...options, deadlockAfterMs: 500 } as TransportOptions,
            secrets: [davLogin.password],
            server: tap,
            reread: (path) => readFile(join(folder, path)),
            close: async () => {
              await tap.close();
              await rm(folder, { recursive: true, force: true });
            },
          };
        };
        conformance({ describe, it }, { name, open });
      });
    }
  });
}
