import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { findProgram } from "./find-servers.ts";
import { programPath, startProgram } from "./real-server.ts";
import type { ServerPlace, ServerProcess } from "./server-process.ts";
import type { Login, Redirect, ServedRequest, WebServerTls } from "./web-server.ts";
import { basicPasswordLine, readAccessLog, WebServer } from "./web-server.ts";

export interface NginxOptions {
  /** Whether directories have index pages; without them they are refused with 403. Default true. */
  readonly autoindex?: boolean;
  /** Wants this user and password, with Basic, for everything. */
  readonly login?: Login;
  /** Makes it HTTPS. */
  readonly tls?: WebServerTls;
  /** Offers HTTP/2 beside HTTP/1.1, over TLS. Default false. */
  readonly http2?: boolean;
  readonly redirects?: readonly Redirect[];
  /** Writable WebDAV, with locks where the extension module (`nginx-dav`) is installed; without it no PROPFIND. Default false. */
  readonly dav?: boolean;
  /** Lines of the configuration's server block beside ours, such as `keepalive_requests 2;`. */
  readonly config?: readonly string[];
}

/** nginx's own numbers. Asking for them makes a connection, which is not counted here. */
interface Status {
  readonly accepted: number;
  readonly open: number;
}

/** A real nginx with one worker. */
export class NginxServer extends WebServer {
  protected readonly secure: boolean;
  #options: NginxOptions;
  #asked = 0;
  #status: Status = { accepted: 0, open: 0 };

  constructor(process: ServerProcess, options: NginxOptions) {
    super(process);
    this.#options = options;
    this.secure = options.tls !== undefined;
  }

  /** Connections that nginx accepted, whether a request came on them or not. After its end: as it was last asked. */
  get accepted(): number {
    return this.#ask().accepted;
  }

  /** Connections that are open now. */
  get openConnections(): number {
    return this.#ask().open;
  }

  get requests(): readonly ServedRequest[] {
    return readAccessLog(join(this.folder, "access.log"));
  }

  /** Puts other options in place. The old worker ends once its requests did, and closes connections that are idle. */
  async reload(options: NginxOptions = this.#options): Promise<void> {
    const retired = this.count(retirement);
    const refused = this.count(refusal);
    this.#options = options;
    await writeConfig(this, options);
    this.signal("SIGHUP");
    while (this.count(retirement) === retired) {
      if (this.hasExited) throw new Error(`nginx ended: ${this.log}`);
      if (this.count(refusal) > refused) throw new Error(`nginx did not reload: ${this.log}`);
      await setTimeout(10);
    }
  }

  /** Accepts no more, answers what it was asked, and ends. */
  async stopGracefully(): Promise<void> {
    await this.stopBy("SIGQUIT");
  }

  #ask(): Status {
    if (this.hasExited) return { ...this.#status, open: 0 };
    const socket = ["--silent", "--show-error", "--unix-socket", join(this.folder, "status")];
    const text = execFileSync(programPath("curl"), [...socket, "http://nginx/"], { encoding: "utf8" });
    const [open = 0, accepted = 0] = (/connections: (\d+)[^]*requests\s+(\d+)/.exec(text) ?? []).slice(1).map(Number);
    this.#asked++;
    this.#status = { accepted: accepted - this.#asked, open: open - 1 };
    return this.#status;
  }
}

/** What an old worker says when a reload puts a new one in its place. */
const retirement = /gracefully shutting down/g;
/** What it says of a configuration that it cannot use. */
const refusal = /\[emerg\].*$/gm;

/** Starts nginx in a temporary folder and waits until it listens. Rejects where it is not installed or says that it cannot. */
export async function startNginx(options: NginxOptions = {}): Promise<NginxServer> {
  const server = await startProgram("nginx", async ({ folder, port }) => {
    await writeConfig({ folder, port }, options);
    return ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")];
  });
  return new NginxServer(server, options);
}

/** What a configuration is made for: a server, or the place for one. */
type Home = Pick<ServerPlace, "folder" | "port">;

async function writeConfig(home: Home, options: NginxOptions): Promise<void> {
  if (options.login !== undefined) await writeFile(join(home.folder, "htpasswd"), basicPasswordLine(options.login));
  await writeFile(join(home.folder, "nginx.conf"), configOf(home, options).join("\n"));
}

function configOf({ folder, port }: Home, options: NginxOptions): string[] {
  const { autoindex = true, login, tls, http2 = false, redirects = [], dav = false, config = [] } = options;
  const davModule = dav ? findProgram("nginx-dav") : undefined;
  return [
    ...(davModule === undefined ? [] : [`load_module ${davModule};`]),
    "daemon off;",
    "worker_processes 1;",
    `pid ${folder}/pid;`,
    // Its workers would be another user's, who cannot write where the tests write.
    ...(process.getuid?.() === 0 ? [`user ${userInfo().username};`] : []),
    "error_log stderr notice;",
    "events { worker_connections 2048; }",
    "http {",
    ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((use) => `${use}_temp_path ${folder}/${use};`),
    ...(davModule === undefined ? [] : ["dav_ext_lock_zone zone=locks:1m;"]),
    "types { text/html html; text/plain txt; }",
    "log_format connections '$connection\t$request\t$status\t$http_authorization';",
    // Its connections close at once, so that they are not there when the next one asks.
    `server { listen unix:${folder}/status; access_log off; keepalive_timeout 0; stub_status; }`,
    "server {",
    `listen 127.0.0.1:${port}${tls === undefined ? "" : " ssl"}${http2 ? " http2" : ""};`,
    `root ${folder}/root;`,
    `access_log ${folder}/access.log connections;`,
    `autoindex ${autoindex ? "on" : "off"};`,
    "client_max_body_size 0;",
    ...(login === undefined ? [] : ['auth_basic "samewire test";', `auth_basic_user_file ${folder}/htpasswd;`]),
    ...(tls === undefined ? [] : tlsLines(tls)),
    ...(dav ? davLines(davModule !== undefined) : []),
    ...config,
    ...redirects.map(({ from, to, status = 302 }) => `location ${from} { return ${status} ${to}; }`),
    "}",
    "}",
  ];
}

function tlsLines({ identity, clientCertificate }: WebServerTls): string[] {
  return [
    `ssl_certificate ${identity.certificateFile};`,
    `ssl_certificate_key ${identity.keyFile};`,
    ...(clientCertificate === undefined ? [] : [`ssl_client_certificate ${identity.caFile};`]),
    ...(clientCertificate === undefined
      ? []
      : [`ssl_verify_client ${clientCertificate === "required" ? "on" : "optional"};`]),
  ];
}

function davLines(withExtension: boolean): string[] {
  return [
    "dav_methods PUT DELETE MKCOL COPY MOVE;",
    ...(withExtension ? ["dav_ext_methods PROPFIND OPTIONS LOCK UNLOCK;", "dav_ext_lock zone=locks;"] : []),
  ];
}
