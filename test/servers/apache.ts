import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { rootOf, startProgram } from "./real-server.ts";
import type { ServerPlace, ServerProcess } from "./server-process.ts";
import type { Login, Redirect, ServedRequest, WebServerTls } from "./web-server.ts";
import { basicPasswordLine, readAccessLog, WebServer } from "./web-server.ts";

/** Index pages: a plain list, Apache's fancy one, the table that Debian's configuration makes of it, or none (403). */
export type ApacheIndex = "plain" | "fancy" | "debian" | "none";

export interface ApacheOptions {
  /** Default `plain`. */
  readonly index?: ApacheIndex;
  /** Wants this user and password for everything. */
  readonly login?: Login & { readonly scheme: "basic" | "digest" };
  /** Makes it HTTPS. */
  readonly tls?: WebServerTls;
  /** Offers HTTP/2 beside HTTP/1.1: over TLS, and in the clear to who knows that it is there. Default false. */
  readonly http2?: boolean;
  readonly redirects?: readonly Redirect[];
  /** Writable WebDAV with locks. Default false. */
  readonly dav?: boolean;
  /** How it shares out connections: `event`, as Debian has it, to threads; `prefork` to processes. Default `event`. */
  readonly mpm?: "event" | "prefork";
  /** Lines of the configuration beside ours, such as `MaxKeepAliveRequests 2`. They come last, and the last value wins. */
  readonly config?: readonly string[];
}

/** A real Apache, with a configuration of its own. Where root runs the tests, its processes are those of www-data. */
export class ApacheServer extends WebServer {
  protected readonly secure: boolean;
  readonly #place: ServerPlace;
  readonly #options: ApacheOptions;

  constructor(process: ServerProcess, options: ApacheOptions) {
    super(process);
    this.secure = options.tls !== undefined;
    this.#place = process.place;
    this.#options = options;
  }

  override get log(): string {
    const file = join(this.folder, "error.log");
    return super.log + (existsSync(file) ? readFileSync(file, "utf8") : "");
  }

  /** Connections that Apache counted. It has them once a request or a TLS handshake comes on them, or they end. */
  get accepted(): number {
    return this.count(/^connection \S+$/gm);
  }

  /** Connections that are open now. Prefork does not tell. */
  get openConnections(): number {
    if (this.#options.mpm === "prefork") throw new Error("Apache's prefork does not log the end of a connection");
    return this.accepted - this.count(/ closing connection from state /g);
  }

  get requests(): readonly ServedRequest[] {
    return readAccessLog(join(this.folder, "access.log"));
  }

  /** Gives what a test wrote below the root to the user that serves it. */
  adopt(): void {
    if (servesAs !== undefined) execFileSync("chown", ["-R", `${servesAs}:${servesAs}`, this.root]);
  }

  /** Puts lines behind those that it was started with, in the place of those that were put there last. They hold from its next start on. */
  async reconfigure(config: readonly string[]): Promise<void> {
    await writeConfig(this.#place, { ...this.#options, config: [...(this.#options.config ?? []), ...config] });
  }

  /** Accepts no more, answers what it was asked, and ends. */
  async stopGracefully(): Promise<void> {
    await this.stopBy("SIGWINCH");
  }
}

/** Apache does not serve as root; this user is in every Debian. */
const servesAs = process.getuid?.() === 0 ? "www-data" : undefined;

/** Starts Apache in a temporary folder and waits until it listens. Rejects where it is not installed or says that it cannot. */
export async function startApache(options: ApacheOptions = {}): Promise<ApacheServer> {
  const server = await startProgram("apache", async (place) => {
    const state = join(place.folder, "state");
    await mkdir(state);
    if (servesAs !== undefined) execFileSync("chown", [`${servesAs}:${servesAs}`, rootOf(place), state]);
    if (options.login !== undefined) await writeFile(join(place.folder, "passwords"), passwordLine(options.login));
    await writeConfig(place, options);
    return ["-f", configFile(place), "-DFOREGROUND"];
  });
  return new ApacheServer(server, options);
}

async function writeConfig(place: ServerPlace, options: ApacheOptions): Promise<void> {
  await writeFile(configFile(place), `${configOf(place, options).join("\n")}\n`);
}

function configFile({ folder }: ServerPlace): string {
  return join(folder, "apache.conf");
}

const realm = "samewire test";

function passwordLine(login: NonNullable<ApacheOptions["login"]>): string {
  if (login.scheme === "basic") return basicPasswordLine(login);
  const hash = createHash("md5").update(`${login.user}:${realm}:${login.password}`).digest("hex");
  return `${login.user}:${realm}:${hash}\n`;
}

function configOf(place: ServerPlace, options: ApacheOptions): string[] {
  const {
    index = "plain",
    login,
    tls,
    http2 = false,
    redirects = [],
    dav = false,
    mpm = "event",
    config = [],
  } = options;
  const { folder, port } = place;
  const root = rootOf(place);
  return [
    `ServerRoot ${folder}`,
    `DefaultRuntimeDir ${folder}/state`,
    `PidFile ${folder}/pid`,
    `Mutex file:${folder}/state default`,
    "ServerName localhost",
    `Listen 127.0.0.1:${port}`,
    // Else the kernel hands a connection over only when data comes on it.
    ...["AcceptFilter http none", "AcceptFilter https none"],
    ...(servesAs === undefined ? [] : [`User ${servesAs}`, `Group ${servesAs}`]),
    ...modules(`mpm_${mpm}`, "authz_core", "authz_user", "authn_core", "authn_file", "dir", "mime", "alias"),
    ...(mpm === "event"
      ? ["ServerLimit 1", "ThreadLimit 400", "ThreadsPerChild 400", "MaxRequestWorkers 400", "StartServers 1"]
      : ["ServerLimit 400", "MaxRequestWorkers 400", "StartServers 4"]),
    `ErrorLog ${folder}/error.log`,
    // One line for each connection, before the first that is about it.
    ...['ErrorLogFormat connection "connection %{c}L"', 'ErrorLogFormat "%{c}L %l %m %M"'],
    `LogLevel warn core:trace5 mpm_${mpm}:trace6${tls === undefined ? "" : " ssl:info"}`,
    'LogFormat "%{c}L\\t%r\\t%>s\\t%{Authorization}i" connections',
    `CustomLog ${folder}/access.log connections`,
    `DocumentRoot ${root}`,
    ...["TypesConfig /dev/null", "AddType text/html .html", "AddType text/plain .txt"],
    "LimitRequestBody 0",
    ...indexLines(index, root),
    ...(tls === undefined ? [] : tlsLines(tls)),
    ...(http2 ? [...modules("http2"), "Protocols h2 h2c http/1.1"] : []),
    ...(dav
      ? [
          ...modules("dav", "dav_fs"),
          `DavLockDB ${folder}/state/locks`,
          `<Directory ${root}>`,
          "Dav On",
          "</Directory>",
        ]
      : []),
    ...(login === undefined ? [] : loginLines(login.scheme, folder)),
    ...redirects.map(({ from, to, status = 302 }) => `Redirect ${status} ${from} ${to}`),
    ...config,
  ];
}

function modules(...names: readonly string[]): string[] {
  return names.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`);
}

function indexLines(index: ApacheIndex, root: string): string[] {
  const options: Record<ApacheIndex, readonly string[]> = {
    none: [],
    plain: [],
    fancy: ["IndexOptions FancyIndexing"],
    debian: [
      "IndexOptions FancyIndexing VersionSort HTMLTable NameWidth=* DescriptionWidth=* Charset=UTF-8",
      "IndexIgnore .??* *~ *# HEADER* README* RCS CVS *,v *,t",
      'AddIcon "/icons/folder.gif" ^^DIRECTORY^^',
      'DefaultIcon "/icons/unknown.gif"',
    ],
  };
  const allowed = index === "none" ? "FollowSymLinks" : "Indexes FollowSymLinks";
  return [...modules("autoindex"), `<Directory ${root}>`, `Options ${allowed}`, "</Directory>", ...options[index]];
}

function tlsLines({ identity, clientCertificate }: WebServerTls): string[] {
  const verify = clientCertificate === "required" ? "require" : "optional";
  return [
    ...modules("ssl"),
    "SSLSessionCache none",
    "SSLEngine on",
    `SSLCertificateFile ${identity.certificateFile}`,
    `SSLCertificateKeyFile ${identity.keyFile}`,
    ...(clientCertificate === undefined
      ? []
      : [`SSLCACertificateFile ${identity.caFile}`, `SSLVerifyClient ${verify}`]),
  ];
}

function loginLines(scheme: "basic" | "digest", folder: string): string[] {
  return [
    ...modules(`auth_${scheme}`),
    "<Location />",
    `AuthType ${scheme}`,
    `AuthName "${realm}"`,
    ...(scheme === "digest" ? ["AuthDigestProvider file", "AuthDigestDomain /"] : []),
    `AuthUserFile ${folder}/passwords`,
    "Require valid-user",
    "</Location>",
  ];
}
