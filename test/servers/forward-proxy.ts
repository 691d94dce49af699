import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { RealServer, startProgram } from "./real-server.ts";
import type { Login } from "./web-server.ts";

export interface ForwardProxyOptions {
  /** Wants this user and password, with Basic. */
  readonly login?: Login;
  /** Lines of the configuration beside ours, such as `ConnectPort 443`. */
  readonly config?: readonly string[];
}

/** A real tinyproxy: CONNECT, and whole URLs as request targets. */
export class ForwardProxy extends RealServer {
  /** Connections that came from clients, whether they were let through or not. */
  get accepted(): number {
    return this.count(/Connect \(file descriptor/g);
  }

  /** What was asked for, refused or not, such as `CONNECT 127.0.0.1:443` or `GET http://127.0.0.1/`. */
  get requests(): readonly string[] {
    return [...this.log.matchAll(/Request \(file descriptor \d+\): (\S+ \S+)/g)].map(([, request = ""]) => request);
  }

  /** Connections that it made to servers. */
  get established(): number {
    return this.count(/Established connection to host/g);
  }

  url({ user, password }: Partial<Login> = {}): string {
    const login = user === undefined ? "" : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? "")}@`;
    return `http://${login}127.0.0.1:${this.port}`;
  }
}

/** Starts tinyproxy in a temporary folder and waits until it listens. Rejects where it is not installed or says that it cannot. */
export async function startForwardProxy({ login, config = [] }: ForwardProxyOptions = {}): Promise<ForwardProxy> {
  const server = await startProgram("tinyproxy", async ({ folder, port }) => {
    const lines = [
      `Port ${port}`,
      "Listen 127.0.0.1",
      "LogLevel Info",
      "MaxClients 500",
      ...(login === undefined ? [] : [`BasicAuth ${login.user} ${login.password}`]),
      ...config,
    ];
    const configFile = join(folder, "tinyproxy.conf");
    await writeFile(configFile, `${lines.join("\n")}\n`);
    return ["-d", "-c", configFile];
  });
  return new ForwardProxy(server);
}
