import { readFileSync } from "node:fs";
import { mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Entry, Transport } from "../../../src/index.ts";
import { collect, patternedBytes } from "../../../src/testing/conformance/content.ts";
import type { ApacheIndex, ApacheServer } from "../../servers/apache.ts";
import { startApache } from "../../servers/apache.ts";
import { hasProgram, titleNeeding } from "../../servers/find-servers.ts";
import type { NginxServer } from "../../servers/nginx.ts";
import { startNginx } from "../../servers/nginx.ts";
import type { PythonHttpServer } from "../../servers/python-http.ts";
import { startPythonHttp } from "../../servers/python-http.ts";
import type { RcloneServer } from "../../servers/rclone.ts";
import { startRclone } from "../../servers/rclone.ts";
import { makeWebTlsIdentity } from "../../servers/tls-identity-web.ts";
import { failureOf, open } from "./http-site.ts";

const names = [
  "plain",
  "a b",
  "100%",
  "%2e%2e",
  "a#b",
  "a?b=c",
  "caf\u00e9",
  "cafe\u0301",
  "a:b",
  "it's",
  "a&amp;b",
  "<tag>",
  '"q"',
  "a+b",
  "\u{1f600}",
  "n".repeat(200),
  "\\back",
];
const content = patternedBytes(3_000_000);
const scattered = Array.from({ length: 250 }, (_, index) => ({ offset: index * 12_000, length: 100 }));

async function fill(root: string): Promise<void> {
  await mkdir(join(root, "dir/below"), { recursive: true });
  for (const name of names) await writeFile(join(root, "dir", name), "12345");
  await writeFile(join(root, "large"), content);
  await utimes(join(root, "large"), new Date(), new Date("2020-02-03T04:05:06Z"));
}

async function expectListed(transport: Transport): Promise<ReadonlyMap<string, Entry>> {
  const entries = await collect(transport.list("dir"));
  expect(entries.map(({ name }) => name).toSorted()).toEqual([...names, "below"].toSorted());
  for (const { name, path, stat } of entries) {
    if (name === "below") expect(stat).toEqual({ type: "directory", sizeBytes: 0 });
    else expect(String(await transport.getBytes(path)), name).toBe("12345");
  }
  return new Map(entries.map((entry) => [entry.name, entry]));
}

async function expectParts(transport: Transport, path = "large"): Promise<void> {
  const parts = await collect(transport.readv(path, scattered));
  for (const [index, { offset, length }] of scattered.entries())
    expect(parts[index]?.equals(content.subarray(offset, offset + length)), `part ${index}`).toBe(true);
}

describe.runIf(hasProgram("nginx"))(titleNeeding("nginx", "nginx"), () => {
  let nginx: NginxServer;
  beforeAll(async () => {
    nginx = await startNginx({ redirects: [{ from: "/moved", to: "/dir/plain" }] });
    await fill(nginx.root);
  });
  afterAll(() => nginx.stop());

  it("lists every name, each with its exact length", async () => {
    const entries = await expectListed(open(nginx.url()));
    expect(entries.get("plain")?.stat).toEqual({ type: "file", sizeBytes: 5 });
  });

  it("describes a file, and a directory by its redirect", async () => {
    const transport = open(nginx.url());
    expect(await transport.stat("large")).toEqual({
      type: "file",
      sizeBytes: content.length,
      mtime: new Date("2020-02-03T04:05:06Z"),
      etag: expect.stringMatching(/^"/),
    });
    expect(await transport.stat("dir/below")).toEqual({ type: "directory", sizeBytes: 0 });
  });

  it("answers many ranges at once, and all of it is one connection", async () => {
    const transport = open(nginx.url());
    const before = nginx.accepted;
    const asked = nginx.requests.length;
    await expectParts(transport);
    await transport.getBytes("moved");
    expect(nginx.accepted - before).toBe(1);
    await expect.poll(() => nginx.requests.length - asked).toBe(4);
  });

  it("refuses a directory that it has no index page for, and its files can be read", async () => {
    const silent = await startNginx({ autoindex: false });
    await fill(silent.root);
    const transport = open(silent.url());
    expect(await failureOf(collect(transport.list("dir")))).toMatchObject({ code: "permission-denied" });
    expect(await transport.has("dir/plain")).toBe(true);
    await transport.disconnect();
    await silent.stop();
  });

  it("over HTTP/2 may end a connection after some requests, without harm to what it was asked", async () => {
    const identity = await makeWebTlsIdentity();
    const server = await startNginx({ http2: true, tls: { identity }, config: ["keepalive_requests 10;"] });
    await fill(server.root);
    const transport = open(server.url(), { tls: { ca: readFileSync(identity.caFile, "utf8") } });
    const all = await Promise.all(
      Array.from({ length: 60 }, async () => (await transport.getBytes("large")).equals(content)),
    );
    expect(new Set(all)).toEqual(new Set([true]));
    expect(server.accepted).toBeGreaterThan(1);
    await transport.disconnect();
    await server.stop();
    await identity[Symbol.asyncDispose]();
  });
});

describe.runIf(hasProgram("apache"))(titleNeeding("apache", "Apache"), () => {
  it.each<ApacheIndex>(["plain", "fancy", "debian"])("lists every name on its %s index page", async (index) => {
    const apache = await startApache({ index });
    await fill(apache.root);
    apache.adopt();
    const transport = open(apache.url());
    await expectListed(transport);
    await transport.disconnect();
    await apache.stop();
  });

  it("answers many ranges at once, and is asked again on another connection when it closes one", async () => {
    const apache: ApacheServer = await startApache({ config: ["MaxKeepAliveRequests 3"] });
    await fill(apache.root);
    const transport = open(apache.url());
    await expectParts(transport);
    for (let times = 0; times < 10; times++) expect(String(await transport.getBytes("dir/plain"))).toBe("12345");
    expect(transport.connectionReport()?.wiresOpened).toBeGreaterThan(2);
    expect(transport.connectionReport()?.wiresLost).toBe(0);
    await expect.poll(() => apache.requests.length).toBe(12);
    await transport.disconnect();
    await apache.stop();
  });

  it("lets in by Digest who is not in ASCII, and refuses who is not known", async () => {
    const login = { user: "joe", password: "caf\u00e9", scheme: "digest" } as const;
    const apache = await startApache({ login });
    await fill(apache.root);
    const transport = open(apache.url(), { user: "joe", password: "caf\u00e9" });
    expect(String(await transport.getBytes("dir/plain"))).toBe("12345");
    const stranger = open(apache.url(), { user: "joe", password: "cafe" });
    expect(await failureOf(stranger.stat("dir/plain"))).toMatchObject({ code: "authentication-failed" });
    await Promise.all([transport.disconnect(), stranger.disconnect()]);
    await apache.stop();
  });
});

describe.runIf(hasProgram("python"))(titleNeeding("python", "Python's http.server"), () => {
  let python: PythonHttpServer;
  beforeAll(async () => {
    python = await startPythonHttp();
    await fill(python.root);
    await symlink("plain", join(python.root, "dir/link"));
  });
  afterAll(() => python.stop());

  it("is read, described and listed, a connection for each request, none of them lost", async () => {
    const transport = open(python.url());
    expect((await collect(transport.list("dir"))).map(({ name }) => name).toSorted()).toEqual(
      [...names, "below", "link"].toSorted(),
    );
    expect(await transport.stat("large")).toMatchObject({
      type: "file",
      sizeBytes: content.length,
      mtime: new Date("2020-02-03T04:05:06Z"),
    });
    expect(await transport.stat("dir")).toMatchObject({ type: "directory" });
    expect(String(await transport.getBytes("dir/link"))).toBe("12345");
    expect(content.subarray(5, 15).equals(await transport.getBytes("large", { offset: 5, length: 10 }))).toBe(true);
    expect(await failureOf(collect(transport.list("dir/plain")))).toMatchObject({ code: "not-a-directory" });
    expect(transport.connectionReport()?.wiresLost).toBeLessThanOrEqual(1);
  });

  it("is asked once for all parts of a file", async () => {
    await writeFile(join(python.root, "parts"), content);
    await expectParts(open(python.url()), "parts");
    // Of what comes later on in its log there is no more to come.
    await open(python.url()).has("missing");
    await expect.poll(() => python.log).toContain("HEAD /missing");
    expect(python.log.match(/"GET \/parts /g)).toHaveLength(1);
  });
});

describe.runIf(hasProgram("rclone"))(titleNeeding("rclone", "rclone serve http"), () => {
  let rclone: RcloneServer;
  beforeAll(async () => {
    rclone = await startRclone({ serve: "http" });
    await fill(rclone.root);
  });
  afterAll(() => rclone.stop());

  it("lists every name, each with its exact length", async () => {
    const entries = await expectListed(open(rclone.url()));
    expect(entries.get("plain")?.stat).toEqual({ type: "file", sizeBytes: 5 });
  });

  it("describes a file, and reads its parts on one connection", async () => {
    const transport = open(rclone.url());
    expect(await transport.stat("large")).toMatchObject({ type: "file", sizeBytes: content.length });
    await expectParts(transport);
    expect(transport.connectionReport()).toMatchObject({ wiresOpened: 1, wiresLost: 0 });
  });

  it("knows a directory by its slash alone", async () => {
    const transport = open(rclone.url());
    expect(await transport.stat("dir/")).toEqual({ type: "directory", sizeBytes: 0 });
    expect(await failureOf(transport.stat("dir"))).toMatchObject({ code: "not-found" });
    expect(await transport.getBytes("large", { offset: 5_000_000, length: 1 })).toHaveLength(0);
  });
});
