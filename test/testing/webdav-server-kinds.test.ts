import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { startWebdavServer, webdavServerKinds } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import { startApache } from "../servers/apache.ts";
import type { ProgramName } from "../servers/find-servers.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { startNginx } from "../servers/nginx.ts";
import { startRclone } from "../servers/rclone.ts";
import type { WebServer } from "../servers/web-server.ts";
import { ask } from "./raw-webdav-client.ts";

const kinds: Record<keyof typeof webdavServerKinds, { needs: ProgramName; start: () => Promise<WebServer> }> = {
  apache: { needs: "apache", start: () => startApache({ dav: true }) },
  nginx: { needs: "nginx-dav", start: () => startNginx({ dav: true }) },
  rclone: { needs: "rclone", start: () => startRclone() },
};

/** Requests on /e/ and /e2/, which are empty, /n/x, /n2/y, /f and /g. `>` leads to a destination. */
const requests = [
  "PUT /new",
  "PUT /f",
  "PUT /no/new",
  "PUT /e",
  "PUT /f/x",
  "MKCOL /m/",
  "MKCOL /e/",
  "MKCOL /f",
  "MKCOL /no/m/",
  "MKCOL /f/m/",
  "DELETE /f",
  "DELETE /no",
  "DELETE /f/x",
  "DELETE /n",
  "DELETE /n/",
  "MOVE /f > /h",
  "MOVE /f > /g",
  "MOVE /f > /e",
  "MOVE /n/ > /q/",
  "MOVE /n/ > /q",
  "MOVE /no > /h",
  "MOVE /f > /no/h",
  "MOVE /f > /g/h",
  "COPY /f > /h",
  "COPY /f > /g",
  "COPY /f > /e",
  "COPY /n/ > /q/",
  "COPY /n/ > /n2/",
  "COPY /no > /h",
  "COPY /f > /no/h",
  "COPY /f > /g/h",
  "PROPFIND /f",
  "PROPFIND /no",
  "PROPFIND /n/",
  "PROPFIND /n",
  "PROPFIND /f/",
  "PROPFIND /f/x",
] as const;

const directories = ["e", "e2", "n", "n2"];
const contents = { "/n/x": "x", "/n2/y": "y", "/f": "f", "/g": "g" };

for (const [kind, { needs, start }] of Object.entries(kinds) as [keyof typeof kinds, (typeof kinds)["apache"]][]) {
  describe.runIf(hasProgram(needs))(
    titleNeeding(needs, `the in-process WebDAV server, like ${kind}, answers as it does`),
    () => {
      let real: WebServer;

      beforeAll(async () => {
        real = await start();
      });
      afterAll(() => real.stop());
      beforeEach(async () => {
        for (const name of ["new", "m", "h", "q", "no", ...directories, "f", "g"])
          await rm(join(real.root, name), { recursive: true, force: true });
        for (const name of directories) {
          await mkdir(join(real.root, name));
          await chmod(join(real.root, name), 0o777);
        }
        for (const [path, content] of Object.entries(contents)) {
          await writeFile(join(real.root, path), content);
          await chmod(join(real.root, path), 0o666);
        }
      });

      it.each(requests)("to %s", async (line) => {
        const [method = "", target = "", , destination] = line.split(" ");
        await using own = await startWebdavServer(webdavServerKinds[kind]);
        for (const [path, content] of Object.entries(contents)) seedTree(own.tree, path, content);
        for (const name of ["e", "e2"]) own.tree.mkdir(`/${name}`);
        const asked = async (url: string): Promise<string> => {
          const headers = {
            ...(method === "PROPFIND" ? { depth: "0" } : {}),
            ...(destination === undefined ? {} : { destination: new URL(destination, url).href }),
          };
          const { status } = await ask(url, method, target, { headers, body: method === "PUT" ? "new" : "" });
          // Whether something was there before is said by some and not by others.
          return status >= 200 && status < 300 ? "done" : String(status);
        };
        const wanted = await asked(real.url("/"));
        const got = await asked(own.url);
        expect(got).toBe(wanted);
      });
    },
  );
}
