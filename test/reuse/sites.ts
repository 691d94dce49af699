import { X509Certificate, createHash } from "node:crypto";

import type { Lookup, TransportOptions } from "../../src/index.ts";
import { memoryStore } from "../../src/schemes/memory/memory-store.ts";
import type { FtpServerOptions } from "../../src/testing/servers/ftp-server.ts";
import { startFtpServer } from "../../src/testing/servers/ftp-server.ts";
import { startSftpServer } from "../../src/testing/servers/sftp-server.ts";
import { generateTlsIdentity } from "../../src/testing/servers/tls-identity.ts";
import type { WebdavServerOptions } from "../../src/testing/servers/webdav-server.ts";
import { startWebdavServer } from "../../src/testing/servers/webdav-server.ts";

/** A server that counts what it accepts, for the required cases of reuse. */
export interface CountingSite {
  readonly name: string;
  /** A URL on the server; `host` as it is written, when another spelling is wanted. */
  url(parts?: { user?: string; password?: string; host?: string; path?: string }): string;
  /** Options without which the server is not reached or not trusted. */
  readonly options: TransportOptions;
  readonly password: string;
  /** Whether somebody who gives no password where one is needed is refused before there is a connection. Default false. */
  readonly refusesUnseen?: boolean;
  accepted(): number;
  open(): number;
  /** Cuts every connection. */
  sever(): Promise<void>;
  close(): Promise<void>;
}

let stores = 0;

/** A store of this process, under host names that nobody else uses. */
export async function memorySite(): Promise<CountingSite> {
  await Promise.resolve();
  const name = `site-${++stores}.bücher.example`;
  const ascii = `site-${stores}.xn--bcher-kva.example`;
  return {
    name: "memory",
    password: "secret",
    options: {},
    url: ({ user = "joe", password, host = name, path = "/" } = {}) =>
      `memory://${user}${password === undefined ? "" : `:${encodeURIComponent(password)}`}@${host}${path}`,
    accepted: () => memoryStore(ascii).accepted,
    open: () => memoryStore(ascii).open,
    sever: () => Promise.resolve(memoryStore(ascii).sever()),
    close: () => Promise.resolve(),
  };
}

/** Resolves every name to this machine. */
export const toThisMachine: Lookup = Object.assign(
  ((_name, { all }, callback) => {
    if (all === true) callback(null, [{ address: "127.0.0.1", family: 4 }]);
    else callback(null, "127.0.0.1", 4);
  }) as Lookup,
  { id: "to this machine" },
);

/** `SHA256:…` of a public key as it stands in `authorized_keys`. */
export function fingerprintOf(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** An SSH server in this process, under an international name. */
export async function sftpSite(): Promise<CountingSite> {
  const server = await startSftpServer({ users: { joe: { password: "secret" }, Joe: { password: "another secret" } } });
  return {
    name: "sftp",
    password: "secret",
    options: {
      lookup: toThisMachine,
      ssh: {
        config: null,
        agent: null,
        identityFile: null,
        hostKeyFingerprints: server.hostKeys.map((key) => fingerprintOf(key.public)),
      },
    },
    url: ({ user = "joe", password, host = "server.bücher.example", path = "/" } = {}) =>
      `sftp://${user}${password === undefined ? "" : `:${encodeURIComponent(password)}`}@${host}:${server.port}${path}`,
    accepted: () => server.accepted,
    open: () => server.open,
    sever: async () => {
      server.sever();
      while (server.open > 0) await new Promise((resolve) => setImmediate(resolve));
    },
    close: () => server.close(),
  };
}

/** FTP servers in this process, under an international name. */
export async function ftpSite(options: FtpServerOptions = {}): Promise<CountingSite> {
  const users = { joe: "secret", Joe: "another secret" };
  const server = await startFtpServer({ users, ...options });
  const scheme = options.tls === undefined ? "ftp" : options.tls === "explicit" ? "ftpes" : "ftps";
  return {
    name: scheme,
    password: "secret",
    options: {
      lookup: toThisMachine,
      ...(server.ca === undefined ? {} : { tls: { fingerprints: certificateOf(server.ca) } }),
    },
    url: ({ user = "joe", password, host = "server.bücher.example", path = "/" } = {}) =>
      `${scheme}://${user}${password === undefined ? "" : `:${encodeURIComponent(password)}`}@${host}:${server.port}${path}`,
    accepted: () => server.accepted,
    open: () => server.open,
    sever: async () => {
      server.sever();
      while (server.open > 0) await new Promise((resolve) => setImmediate(resolve));
    },
    close: () => server.close(),
  };
}

/** WebDAV servers in this process, under an international name: in the clear, over TLS, or over HTTP/2. */
export async function webdavSite({
  secure = false,
  ...options
}: WebdavServerOptions & { readonly secure?: boolean } = {}): Promise<CountingSite> {
  const users = { joe: "secret", Joe: "another secret" };
  const identity = secure ? await generateTlsIdentity({ names: ["server.xn--bcher-kva.example"] }) : undefined;
  const login = { scheme: "basic", users } as const;
  const server = await startWebdavServer({ login, ...options, ...(identity === undefined ? {} : { tls: identity }) });
  const scheme = secure ? "davs" : "dav";
  return {
    name: scheme,
    password: "secret",
    options: { lookup: toThisMachine, ...(identity === undefined ? {} : { tls: { ca: identity.cert } }) },
    url: ({ user = "joe", password, host = "server.bücher.example", path = "/" } = {}) =>
      `${scheme}://${user}${password === undefined ? "" : `:${encodeURIComponent(password)}`}@${host}:${server.port}${path}`,
    accepted: () => server.accepted,
    open: () => server.open,
    sever: async () => {
      server.sever();
      while (server.open > 0) await new Promise((resolve) => setImmediate(resolve));
    },
    close: () => server.close(),
  };
}

/** The SHA-256 fingerprint of a certificate in PEM. */
function certificateOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256;
}
