import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { RealServer } from "./real-server.ts";
import type { WebTlsIdentity } from "./tls-identity-web.ts";

export interface Login {
  readonly user: string;
  readonly password: string;
}

export interface WebServerTls {
  readonly identity: WebTlsIdentity;
  /** Whether clients must show a certificate that the identity's CA signed. Default: they are not asked for one. */
  readonly clientCertificate?: "optional" | "required";
}

/** Requests for `from` and what is below it are sent to `to`. */
export interface Redirect {
  /** A path, such as `/moved/`. */
  readonly from: string;
  /** A URL or a path. */
  readonly to: string;
  /** Default 302. */
  readonly status?: 301 | 302 | 303 | 307 | 308;
}

/** One request as the server has it in its access log, which it writes at the request's end. */
export interface ServedRequest {
  /** The server's own name for the connection. */
  readonly connection: string;
  readonly method: string;
  /** As it was on the wire. */
  readonly target: string;
  readonly status: number;
  /** The Authorization header; empty where there was none. */
  readonly authorization: string;
}

/** A server of HTTP, or of HTTPS where it has a TLS identity. */
export abstract class WebServer extends RealServer {
  protected abstract readonly secure: boolean;

  get origin(): string {
    return `${this.secure ? "https" : "http"}://127.0.0.1:${this.port}`;
  }

  /** The URL of a path that is percent-encoded already, on another port where a tap is before the server. */
  url(path = "/", port: number = this.port): string {
    return `${this.secure ? "https" : "http"}://127.0.0.1:${port}${path}`;
  }
}

/** The requests in a log that has connection, request line, status and Authorization, with tabs between them. */
export function readAccessLog(file: string): ServedRequest[] {
  // What is behind the last line end is a line that is still being written.
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    const [connection = "", request = "", status = "", authorization = ""] = line.split("\t");
    const [method = "", target = ""] = request.split(" ");
    return { connection, method, target, status: Number(status), authorization: authorization.replace(/^-$/, "") };
  });
}

/** A line of an htpasswd file, in a form that nginx and Apache both read. */
export function basicPasswordLine({ user, password }: Login): string {
  return `${user}:{SHA}${createHash("sha1").update(password).digest("base64")}\n`;
}
