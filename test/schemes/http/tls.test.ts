import { X509Certificate } from "node:crypto";

import { beforeAll, describe, expect, it } from "vitest";

import type { TlsOptions } from "../../../src/index.ts";
import type { TlsIdentity } from "../../../src/testing.ts";
import { generateTlsIdentity } from "../../../src/testing.ts";
import { failureOf, open, serverWith } from "./http-site.ts";

const files = { "/file": "content" };
let identity: TlsIdentity;
let client: TlsIdentity;
let stranger: TlsIdentity;
beforeAll(async () => {
  [identity, client, stranger] = await Promise.all([
    generateTlsIdentity(),
    generateTlsIdentity({ names: ["client"] }),
    generateTlsIdentity({ names: ["elsewhere.example"] }),
  ]);
});

describe.each([false, true])("a server over TLS (HTTP/2: %s)", (http2) => {
  it("is believed when its authority is", async () => {
    const server = await serverWith(files, { tls: identity, http2 });
    expect(String(await open(server.url, { tls: { ca: identity.cert } }).getBytes("file"))).toBe("content");
  });

  it("is not believed otherwise, and the way out is told", async () => {
    const server = await serverWith(files, { tls: identity, http2 });
    const error = await failureOf(open(server.url).stat("file"));
    expect(error).toMatchObject({ code: "tls-failed", operation: "stat", temporary: false });
    expect(error.hint).toMatch(/tls: \{ ca \}/);
    expect(server.requests).toEqual([]);
  });

  it("is known by its own fingerprint, and by no other", async () => {
    const server = await serverWith(files, { tls: identity, http2 });
    const { fingerprint256 } = new X509Certificate(identity.cert);
    const other = new X509Certificate(stranger.cert).fingerprint256;
    expect(await open(server.url, { tls: { fingerprints: fingerprint256 } }).has("file")).toBe(true);
    expect(await failureOf(open(server.url, { tls: { fingerprints: other } }).stat("file"))).toMatchObject({
      code: "tls-failed",
    });
    expect(server.requests).toHaveLength(1);
  });

  it("must be for the name that it is reached by, or the one that is said", async () => {
    const server = await serverWith(files, { tls: stranger, http2 });
    const ca = stranger.cert;
    expect(await failureOf(open(server.url, { tls: { ca } }).stat("file"))).toMatchObject({ code: "tls-failed" });
    expect(await open(server.url, { tls: { ca, servername: "elsewhere.example" } }).has("file")).toBe(true);
  });

  it("that wants to know its clients knows them by their certificate", async () => {
    const server = await serverWith(files, { tls: { ...identity, clientCa: client.cert }, http2 });
    const ca = identity.cert;
    const known: TlsOptions = { ca, cert: client.cert, key: client.key };
    expect(String(await open(server.url, { tls: known }).getBytes("file"))).toBe("content");
    for (const tls of [{ ca }, { ca, cert: stranger.cert, key: stranger.key }])
      expect(await failureOf(open(server.url, { tls }).stat("file"))).toMatchObject({
        code: expect.stringMatching(/^(?:tls-failed|connection-(?:failed|lost))$/),
      });
    expect(server.requests).toHaveLength(1);
  });
});

describe("what does not speak TLS", () => {
  it("is told as that, in both directions", async () => {
    const plain = await serverWith(files);
    const error = await failureOf(open(plain.url.replace("http:", "https:")).stat("file"));
    expect(error).toMatchObject({ code: "tls-failed" });
    const secure = await serverWith(files, { tls: identity });
    expect(await failureOf(open(secure.url.replace("https:", "http:")).stat("file"))).toMatchObject({
      code: expect.stringMatching(/^(?:protocol-error|connection-lost)$/),
    });
  });

  it("is not waited for longer than connecting may take", async () => {
    const { createServer } = await import("node:net");
    const silent = createServer((socket) => void socket.on("error", () => socket.destroy()).resume()).listen(
      0,
      "127.0.0.1",
    );
    await new Promise((resolve) => silent.once("listening", resolve));
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const transport = open(`https://127.0.0.1:${port}/`, { connectTimeoutMs: 1_000 });
    const error = await failureOf(transport.stat("file"));
    expect(error).toMatchObject({ code: "timeout", temporary: true });
    expect(error.message).toContain("handshake");
    await new Promise((resolve) => silent.close(resolve));
  });
});
