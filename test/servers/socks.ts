import { RealServer, startProgram } from "./real-server.ts";
import type { Login } from "./web-server.ts";

export interface SocksOptions {
  /** Wants this user and password. */
  readonly login?: Login;
}

/** A real microsocks: SOCKS5, TCP only. */
export class SocksServer extends RealServer {
  /** Connections that it let through; it does not log those that it refused. */
  get accepted(): number {
    return this.targets.length;
  }

  /** Where they went, such as `127.0.0.1:443`: a host name as the client gave it. */
  get targets(): readonly string[] {
    return [...this.log.matchAll(/: connected to (\S+)$/gm)].map(([, target = ""]) => target);
  }

  url({ user, password }: Partial<Login> = {}, scheme: "socks5" | "socks5h" = "socks5"): string {
    const login = user === undefined ? "" : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? "")}@`;
    return `${scheme}://${login}127.0.0.1:${this.port}`;
  }
}

/** Starts microsocks and waits until it listens. Rejects where it is not installed or ends. */
export async function startSocks({ login }: SocksOptions = {}): Promise<SocksServer> {
  const credentials = login === undefined ? [] : ["-u", login.user, "-P", login.password];
  const server = await startProgram("microsocks", ({ port }) => [
    ...["-i", "127.0.0.1", "-p", String(port)],
    ...credentials,
  ]);
  return new SocksServer(server);
}
