import { createPrivateKey } from "node:crypto";

import type { TransportOptions } from "../../src/index.ts";
import type { HttpServerOptions, TlsIdentity } from "../../src/testing.ts";
import { generateTlsIdentity, startHttpServer, startS3Server, startWebdavServer } from "../../src/testing.ts";
import { startScriptedProxy } from "../bad-day/scripted-proxy.ts";
import type { Bearer } from "./bearer.ts";
import { base64, right, seed } from "./bearer.ts";

const basic = { scheme: "basic", users: { joe: right } } as const;

/** Each way to be let in over HTTP, WebDAV and S3, and through a proxy. */
export const webBearers: Readonly<Record<string, () => Promise<Bearer>>> = {
  "a password of HTTP": () => httpBearer({ login: basic }, (password) => ({ user: "joe", password })),
  "a password of HTTP in the URL": () => httpBearer({ login: basic }, () => ({}), { inUrl: true }),
  "a password of HTTP Digest": () =>
    httpBearer({ login: { ...basic, scheme: "digest" } }, (password) => ({ user: "joe", password })),
  "a bearer token": () =>
    httpBearer({ login: { scheme: "bearer", tokens: [right] } }, (bearerToken) => ({ http: { bearerToken } })),
  "a bearer token that is asked for": () =>
    httpBearer({ login: { scheme: "bearer", tokens: [right] } }, (secret) => ({
      http: { askBearerToken: () => secret },
    })),
  "a value of Authorization": () =>
    httpBearer({ login: basic }, (secret) => ({ http: { authorization: `Basic ${base64(`joe:${secret}`)}` } })),
  "a cookie": () =>
    httpBearer(
      { onRequest: ({ headers }) => (headers["cookie"] === `session=${right}` ? "answer" : { status: 401 }) },
      (secret) => ({ http: { headers: { cookie: `session=${secret}` } } }),
    ),
  "a password of HTTP inside TLS": async () =>
    httpBearer({ login: basic, tls: await generateTlsIdentity() }, (password) => ({ user: "joe", password })),
  "the passphrase of a client's key": clientKeyBearer,
  "a password of WebDAV": webdavBearer,
  "a secret access key": () => s3Bearer((secretAccessKey) => ({ s3: { accessKeyId: "joe", secretAccessKey } })),
  "a session token": () =>
    s3Bearer((sessionToken) => ({ s3: { accessKeyId: "joe", secretAccessKey: right, sessionToken } }), right),
  "a proxy's password": proxyBearer,
};

async function httpBearer(
  options: HttpServerOptions & { readonly tls?: TlsIdentity },
  told: (secret: string) => TransportOptions,
  { inUrl = false }: { readonly inUrl?: boolean } = {},
): Promise<Bearer> {
  const server = await startHttpServer(options);
  seed(server.tree, "/file");
  const { tls } = options;
  const scheme = tls === undefined ? "http" : "https";
  return {
    port: server.port,
    url: (port, secret) => `${scheme}://${inUrl ? `joe:${encodeURIComponent(secret)}@` : ""}127.0.0.1:${port}/`,
    options: (secret) => ({ ...told(secret), ...(tls === undefined ? {} : { tls: { ca: tls.cert } }) }),
    ...(tls === undefined ? {} : { untrusted: { tls: { ca: null } } }),
    close: () => server.close(),
  };
}

/** Who has a certificate and a key that opens with the passphrase is let in. */
async function clientKeyBearer(): Promise<Bearer> {
  const [identity, client] = await Promise.all([generateTlsIdentity(), generateTlsIdentity({ names: ["joe"] })]);
  const server = await startHttpServer({ tls: { ...identity, clientCa: client.cert } });
  seed(server.tree, "/file");
  const key = createPrivateKey(client.key).export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: right,
  });
  return {
    port: server.port,
    url: (port) => `https://127.0.0.1:${port}/`,
    options: (passphrase) => ({ tls: { ca: identity.cert, cert: client.cert, key, passphrase } }),
    secrets: String(key)
      .split("\n")
      .filter((line) => line.length > 30 && !line.startsWith("-")),
    untrusted: { tls: { ca: null } },
    close: () => server.close(),
  };
}

async function webdavBearer(): Promise<Bearer> {
  const server = await startWebdavServer({ login: basic });
  seed(server.tree, "/file");
  return {
    port: server.port,
    url: (port) => `dav://joe@127.0.0.1:${port}/`,
    options: (password) => ({ password }),
    close: () => server.close(),
  };
}

async function s3Bearer(told: (secret: string) => TransportOptions, sessionToken?: string): Promise<Bearer> {
  const user = { secretAccessKey: right, ...(sessionToken === undefined ? {} : { sessionToken }) };
  const server = await startS3Server({ users: { joe: user }, buckets: ["bucket"] });
  await server.write("bucket", "file", "content");
  return {
    port: server.port,
    url: () => "s3://bucket/",
    options: (secret, port) => ({
      s3: { region: server.region, endpoint: `http://127.0.0.1:${port}`, ...told(secret).s3 },
    }),
    close: () => server.close(),
  };
}

/** A web server that everybody may read, behind a proxy that not everybody may use. */
async function proxyBearer(): Promise<Bearer> {
  const identity = await generateTlsIdentity();
  const server = await startHttpServer({ tls: identity });
  seed(server.tree, "/file");
  const proxy = await startScriptedProxy((socket, head) => {
    if (head.includes(base64(`joe:${right}`))) {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      proxy.tunnel(socket, server.port);
    } else socket.end('HTTP/1.1 407 Who is it?\r\nProxy-Authenticate: Basic realm="here"\r\nContent-Length: 0\r\n\r\n');
  });
  return {
    port: proxy.port,
    url: () => `https://127.0.0.1:${server.port}/`,
    options: (secret, port) => ({
      proxy: `http://joe:${encodeURIComponent(secret)}@127.0.0.1:${port}`,
      tls: { ca: identity.cert },
    }),
    untrusted: { tls: { ca: null } },
    close: () => server.close().then(() => proxy[Symbol.asyncDispose]()),
  };
}
