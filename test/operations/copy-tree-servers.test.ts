import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Transport, TransportOptions } from "samewire";
import { TraceTransport, TransportScope, copyTree, getTransport } from "samewire";
import type { SftpServer } from "samewire/testing";
import { startFtpServer, startSftpServer, startWebdavServer } from "samewire/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Faulty } from "./faulty.ts";
import { treeOf } from "./sync-sites.ts";

let folder: string;
let target: Transport;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "samewire-copy-"));
  target = getTransport("memory:///target/");
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function optionsFor(server: SftpServer, encoding: "utf8" | "latin1" = "utf8"): TransportOptions {
  return { password: server.password, ssh: { config: null, agent: null, unknownHostKey: "accept", encoding } };
}

describe("copyTree with a server", () => {
  it("has the server copy where both are on one wire", async () => {
    await using server = await startSftpServer();
    await using scope = new TransportScope();
    const root = scope.getTransport(server.url, optionsFor(server));
    await root.mkdir("from");
    await root.put("from/a", Buffer.alloc(300_000, "a"));
    const before = root.connectionReport()?.bytesReceived ?? 0;
    const report = await copyTree(root.clone("from"), root.clone("to"));
    expect(report).toMatchObject({ files: 1, bytes: 300_000, failures: [] });
    expect((root.connectionReport()?.bytesReceived ?? 0) - before).toBeLessThan(20_000);
    expect(await root.getBytes("to/a")).toEqual(Buffer.alloc(300_000, "a"));
    expect(server.counts.accepted).toBe(1);
  });

  it("copies within one FTP server over its one connection", async () => {
    await using server = await startFtpServer();
    await using scope = new TransportScope();
    const root = scope.getTransport(server.url, { password: server.password });
    await root.mkdir("from");
    await root.put("from/small", "small");
    await root.put("from/large", Buffer.alloc(600_000, "l"));
    const report = await copyTree(root.clone("from"), root.clone("to"));
    expect(report).toMatchObject({ files: 2, failures: [] });
    expect(await treeOf(root.clone("to"))).toEqual(await treeOf(root.clone("from")));
    const around = await copyTree(new TraceTransport(root.clone("from")), root.clone("around"), { atomic: false });
    expect(around).toMatchObject({ files: 2, failures: [] });
    expect(await treeOf(root.clone("around"))).toEqual(await treeOf(root.clone("from")));
  });

  it("tells of a large file while it moves, and of all its bytes at the end", async () => {
    const source = getTransport(join(folder, "source"));
    await source.put("large", Buffer.alloc(9_000_000, "large"), { createParents: true });
    const told: number[] = [];
    await using server = await startSftpServer();
    await using scope = new TransportScope();
    const remote = scope.getTransport(server.url, optionsFor(server));
    for (const [from, to] of [
      [source, remote],
      [remote, getTransport(join(folder, "back"))],
    ] as const) {
      told.length = 0;
      await copyTree(from, to, { onProgress: ({ bytes }) => told.push(bytes) });
      expect(told.at(-1)).toBe(9_000_000);
      expect(told).toEqual(told.toSorted((a, b) => a - b));
    }
    expect(readFileSync(join(folder, "back/large")).equals(Buffer.alloc(9_000_000, "large"))).toBe(true);
  });

  it("fetches a large file over as many connections as are allowed, where a server answers each by itself", async () => {
    await using server = await startWebdavServer();
    await using scope = new TransportScope();
    const remote = scope.getTransport(server.url.replace("http:", "dav:"), { connections: 4 });
    const content = randomBytes(36_000_000);
    await remote.put("large", content);
    const report = await copyTree(remote, getTransport(join(folder, "target")));
    expect(report).toMatchObject({ files: 1, bytes: content.length, failures: [] });
    expect(readFileSync(join(folder, "target/large")).equals(content)).toBe(true);
    const ranged = server.requests.filter(({ method, headers }) => method === "GET" && headers.range !== undefined);
    expect(new Set(ranged.map(({ connection }) => connection)).size).toBeGreaterThan(1);
    expect(server.accepted).toBeLessThanOrEqual(4);
  });

  it("copies once more a large file that was changed while its parts were fetched", async () => {
    await using server = await startWebdavServer();
    await using scope = new TransportScope();
    const remote = scope.getTransport(server.url.replace("http:", "dav:"), { connections: 2 });
    const [old, changed] = [Buffer.alloc(36_000_000, "old"), Buffer.alloc(36_000_000, "new")];
    await remote.put("large", old);
    let changes = 0;
    const changing = new Faulty(remote, () => undefined);
    changing.readv = async function* (path, ranges, options) {
      if (changes++ === 0) await remote.put("large", changed);
      yield* remote.readv(path, ranges, options);
    };
    const report = await copyTree(changing, target);
    expect(report).toMatchObject({ files: 1, failures: [] });
    expect(changes).toBe(2);
    expect((await target.getBytes("large")).equals(changed)).toBe(true);
  });

  it("reports a name that a server lists and that cannot be one", async () => {
    await using server = await startSftpServer({ encoding: "latin1" });
    await using scope = new TransportScope();
    const root = scope.getTransport(server.url, optionsFor(server));
    await using writer = getTransport(server.url, undefined, optionsFor(server, "latin1"));
    await writer.put("caf\u00e9", "bytes that are no UTF-8");
    await writer.put("plain", "plain");
    const local = join(folder, "target");
    const report = await copyTree(root, getTransport(local));
    expect(report.failures.map(({ path, error }) => [path, error.code])).toEqual([["", "invalid-path"]]);
    expect(report.failures[0]?.error.message).toContain("caf");
    expect(readdirSync(local)).toEqual(["plain"]);
    expect(statSync(join(local, "plain")).size).toBe(5);
  });
});
