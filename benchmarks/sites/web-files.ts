import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { TransportOptions } from "samewire";
import { startHttpServer } from "samewire/testing";

import { startApache } from "../../test/servers/apache.ts";
import { hasProgram } from "../../test/servers/find-servers.ts";
import { startNginx } from "../../test/servers/nginx.ts";
import { settled } from "./settled.ts";
import { startAll } from "./started.ts";

/** What a client is told where no proxy, and nobody's file of passwords, stands between it and a server on this machine. */
export const direct: TransportOptions = { proxy: null, netrc: null };

/** The kinds of servers that files are read from over HTTP. */
export type WebServerName = "nginx" | "apache" | "embedded-http";

/** A server of HTTP on this machine that serves files which are put there by other means. */
export interface WebFiles extends AsyncDisposable {
  readonly server: WebServerName;
  /** The URL of what it serves; ends in `/`. */
  readonly base: string;
  /** Puts a file there. */
  write(name: string, content: Buffer): Promise<void>;
  /** Connections that it accepted so far. */
  accepted(): Promise<number>;
}

/** The real servers that are installed, or the one in this process where none is. */
export function webServers(): readonly WebServerName[] {
  const real = (["nginx", "apache"] as const).filter((name) => hasProgram(name));
  return real.length > 0 ? real : ["embedded-http"];
}

/** Starts a server. */
export function startWebFiles(server: WebServerName): Promise<WebFiles> {
  return startAll(async (started) => {
    const { port, write, accepted } = await starters[server]((part) => started.add(part));
    return {
      server,
      base: `http://127.0.0.1:${port}/`,
      write,
      accepted,
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

type Running = Pick<WebFiles, "write" | "accepted"> & { readonly port: number };
/** Real servers are told to keep connections, however many requests come on them and however long none does. */
type Start = (add: <Part extends AsyncDisposable>(part: Part) => Part) => Promise<Running>;

const starters: Readonly<Record<WebServerName, Start>> = {
  async nginx(add) {
    return served(add(await startNginx({ config: ["keepalive_requests 1000000;", "keepalive_timeout 600s;"] })));
  },
  async apache(add) {
    return served(add(await startApache({ config: ["MaxKeepAliveRequests 0", "KeepAliveTimeout 600"] })));
  },
  async "embedded-http"(add) {
    const server = add(await startHttpServer());
    return {
      port: server.port,
      write(name, content) {
        const file = server.tree.open(`/${name}`, { write: true, create: true, truncate: true });
        file.write(0, content);
        file.close();
        return Promise.resolve();
      },
      accepted: () => Promise.resolve(server.accepted),
    };
  },
};

function served(server: { readonly root: string; readonly port: number; readonly accepted: number }): Running {
  return {
    port: server.port,
    write: (name, content) => writeFile(join(server.root, name), content),
    accepted: () => settled(() => server.accepted),
  };
}
