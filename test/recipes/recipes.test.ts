import { mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { TransportOptions } from "samewire";
import { getTransport } from "samewire";
import type { FtpServer, SftpServer } from "samewire/testing";
import {
  FileTree,
  expectConnections,
  startFtpServer,
  startHttpServer,
  startS3Server,
  startSftpServer,
} from "samewire/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { backup } from "../../examples/recipes/backup.ts";
import { showRelease } from "../../examples/recipes/call-chain.ts";
import { deploy } from "../../examples/recipes/deploy.ts";
import { mirror } from "../../examples/recipes/mirror.ts";
import { FileService, measureConnections } from "../../examples/recipes/service.ts";
import type { Delivery } from "../../examples/recipes/take-from-partner.ts";
import { takeDeliveries } from "../../examples/recipes/take-from-partner.ts";
import { fingerprintOf } from "../reuse/sites.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "samewire-recipes-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(path: string, content: string): void {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, content);
}

const password = "secret";

function sftpOptions(server: SftpServer): TransportOptions {
  const hostKeyFingerprints = server.hostKeys.map((key) => fingerprintOf(key.public));
  return { password, ssh: { config: null, agent: null, identityFile: null, hostKeyFingerprints } };
}

function ftpOptions({ password: secret }: FtpServer): TransportOptions {
  return { password: secret, netrc: null };
}

async function namesOf(url: string, options: TransportOptions): Promise<string[]> {
  await using transport = getTransport(url, undefined, options);
  const names: string[] = [];
  for await (const { name } of transport.list()) names.push(name);
  return names.toSorted();
}

describe("the page of recipes", () => {
  const page = readFileSync(new URL("../../docs/recipes.md", import.meta.url), "utf8");
  const shown = [...page.matchAll(/^<!-- (\S+) -->\n+```ts\n([^]*?)^```$/gm)];

  it.each(shown.map(([, path = "", code = ""]) => [path, code]))("shows %s as it is", (path, code) => {
    expect(code).toBe(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"));
  });

  it("shows every recipe", () => {
    const files = readdirSync(new URL("../../examples/recipes/", import.meta.url)).map(
      (name) => `examples/recipes/${name}`,
    );
    const paths = shown.map(([, path = ""]) => path);
    expect(paths.filter((path) => path.startsWith("examples/")).toSorted()).toEqual(files.toSorted());
    expect(paths).toContain("test/recipes/archive-day.test.ts");
  });
});

describe("deploying a site", () => {
  it("shows what it would do, does it over one connection, and leaves no lock", async () => {
    await using server = await startSftpServer({ users: { joe: { password } } });
    const options = sftpOptions(server);
    const url = `${server.url}srv/site/`;
    write("site/index.html", "<h1>new</h1>");
    write("site/assets/app.js", "1");
    write("site/draft.tmp", "");
    const dry = await deploy(join(folder, "site"), url, { ...options, dryRun: true });
    expect(dry.plan).toContain("index.html");
    expect(dry.report).toBeUndefined();
    await expect(namesOf(url, options)).rejects.toMatchObject({ code: "not-found" });

    const { report } = await expectConnections(server, 1, () => deploy(join(folder, "site"), url, options));
    expect(report).toMatchObject({ files: 2, failures: [] });
    expect(await namesOf(url, options)).toEqual(["assets", "index.html"]);
    expect(await namesOf(`${server.url}srv/`, options)).toEqual(["site"]);

    rmSync(join(folder, "site/assets"), { recursive: true });
    expect((await deploy(join(folder, "site"), url, options)).report?.deleted).toBe(2);
    expect(await namesOf(url, options)).toEqual(["index.html"]);
  });

  it("waits for whoever is at it", async () => {
    write("site/index.html", "x");
    const url = "memory://deployed/site/";
    await using site = getTransport("memory://deployed/");
    await site.mkdir("site");
    const lock = await site.lock("site");
    const deploying = deploy(join(folder, "site"), url);
    expect(await Promise.race([deploying.then(() => "done"), site.has("site/index.html")])).toBe(false);
    await lock.release();
    expect((await deploying).report).toMatchObject({ files: 1 });
  });
});

describe("a backup", () => {
  it("to SFTP sends what has changed, and goes on after the connection was cut", async () => {
    let cuts = 2;
    await using server = await startSftpServer({
      users: { joe: { password } },
      onRequest: (name) => (name === "write" && cuts-- > 0 ? "drop" : "answer"),
    });
    for (let n = 0; n < 12; n++) write(`home/file ${n}`, `content ${n}`);
    const url = `${server.url}backup/`;
    const first = await backup(join(folder, "home"), url, sftpOptions(server));
    expect(first.failures).toEqual([]);
    expect(await namesOf(url, sftpOptions(server))).toHaveLength(12);
    write("home/file 3", "changed");
    utimesSync(join(folder, "home/file 3"), 1_900_000_000, 1_900_000_000);
    expect(await backup(join(folder, "home"), url, sftpOptions(server))).toMatchObject({ files: 1, unchanged: 11 });
  });

  it("to S3 does the same", async () => {
    await using server = await startS3Server();
    const { endpoint, region, accessKeyId, secretAccessKey } = server;
    const options: TransportOptions = { s3: { endpoint, region, accessKeyId, secretAccessKey } };
    write("home/a", "one");
    write("home/b/c", "two");
    expect(await backup(join(folder, "home"), "s3://bucket/backup/", options)).toMatchObject({
      files: 2,
      failures: [],
    });
    expect(await backup(join(folder, "home"), "s3://bucket/backup/", options)).toMatchObject({
      files: 0,
      unchanged: 2,
    });
    expect(String(await server.read("bucket", "backup/b/c"))).toBe("two");
  });
});

describe("taking a partner's deliveries", () => {
  const quiet = { quietMs: 30 };

  it.each(["ftp", "sftp"] as const)("over %s takes what is complete, once, and puts it aside", async (scheme) => {
    await using server = await (scheme === "ftp"
      ? startFtpServer()
      : startSftpServer({ users: { joe: { password } } }));
    const options = "hostKeys" in server ? sftpOptions(server) : ftpOptions(server as FtpServer);
    await using inbox = getTransport(server.url, undefined, options);
    const seen = new Map<string, Delivery>();
    const load = async (delivery: Delivery): Promise<void> => void seen.set(delivery.sha256, delivery);
    await inbox.put("a.csv", "1;2");
    await inbox.put("b.csv", "3;4");
    const taken = await takeDeliveries(inbox, load, quiet);
    expect(taken).toMatchObject({ done: ["a.csv", "b.csv"], growing: [] });
    expect([...seen.values()].map(({ content }) => String(content))).toEqual(["1;2", "3;4"]);
    expect(await namesOf(`${server.url}done/`, options)).toEqual(["a.csv", "b.csv"]);
    expect(await takeDeliveries(inbox, load, quiet)).toMatchObject({ done: [] });
  });

  it("leaves what is still being written, and tells what failed", async () => {
    await using inbox = getTransport("memory:///");
    await inbox.put("growing.csv", "1");
    await inbox.put("bad.csv", "?");
    await inbox.put("good.csv", "1;2");
    await inbox.put("huge.csv", "x".repeat(100));
    const load = async ({ content }: Delivery): Promise<void> => {
      if (!String(content).includes(";")) throw new Error("no columns in it");
    };
    const taking = takeDeliveries(inbox, load, { quietMs: 150, maxBytes: 50 });
    await expect.poll(() => inbox.lockInfo("inbox")).toBeDefined();
    await inbox.append("growing.csv", ";2");
    const { done, growing, failed } = await taking;
    expect([done, growing]).toEqual([["good.csv"], ["growing.csv"]]);
    expect(Object.fromEntries(failed)).toMatchObject({
      "bad.csv": "no columns in it",
      "huge.csv": expect.stringContaining("[no-space]") as string,
    });
    expect(await inbox.has("bad.csv")).toBe(true);
  });

  it("leaves the inbox to whoever is at it", async () => {
    await using inbox = getTransport("memory:///");
    await using _other = await inbox.lock("inbox");
    await expect(takeDeliveries(inbox, () => Promise.resolve(), quiet)).rejects.toMatchObject({ code: "locked" });
  });
});

describe("a mirror of a web index", () => {
  it("has what the patterns say, and asks again only for what has changed", async () => {
    const tree = new FileTree();
    seedTree(tree, "/pub/1.0/release.tar.gz", "one");
    seedTree(tree, "/pub/1.1/release.tar.gz", "one point one");
    seedTree(tree, "/pub/1.1/notes.txt", "notes");
    await using server = await startHttpServer({ tree });
    const copy = join(folder, "mirror");
    const first = await mirror(`${server.url}pub/`, copy, ["*.tar.gz"], { netrc: null });
    expect(first).toMatchObject({ files: 2, failures: [] });
    expect(readdirSync(join(copy, "1.1"))).toEqual(["release.tar.gz"]);
    expect(await mirror(`${server.url}pub/`, copy, ["*.tar.gz"], { netrc: null })).toMatchObject({
      files: 0,
      unchanged: 2,
    });
  });
});

describe("many URLs in a call chain", () => {
  it("take one connection, with the options of whoever began", async () => {
    await using server = await startSftpServer({ users: { joe: { password } } });
    const options = sftpOptions(server);
    const files = ["a.bin", "b.bin"].map((name) => `${server.url}${name}`);
    const manifest = { title: "1.0", notes: `${server.url}notes.txt`, files };
    {
      await using home = getTransport(server.url, undefined, options);
      await home.put("manifest.json", JSON.stringify(manifest));
      await home.put("notes.txt", "what is new");
      await home.put("a.bin", "1234");
      await home.put("b.bin", "56");
    }
    const text = await expectConnections(server, 1, () => showRelease(`${server.url}manifest.json`, options));
    expect(text).toBe("1.0: 2 files, 6 bytes\nwhat is new\n1 connection");
  });
});

describe("a service", () => {
  it("counts its connections, tells of them, and closes them in the end", async () => {
    const told: string[] = [];
    const meter = {
      createCounter: (name: string) => ({ add: (value: number) => void told.push(`${name} ${value}`) }),
      createHistogram: (name: string) => ({ record: () => void told.push(name) }),
    };
    await using server = await startSftpServer({ users: { joe: { password } } });
    const options = sftpOptions(server);
    {
      using _measuring = measureConnections(meter);
      await using service = new FileService();
      for (let request = 0; request < 3; request++)
        await service.handle(() => getTransport(server.url, undefined, options).has("file"));
      expect(told).toEqual(["samewire.wires.opened 1", "samewire.connect"]);
      expect(service.health()).toMatchObject({ wiresOpened: 1 });
      expect(service.health().connections[0]).toMatchObject({ operations: 3, state: "ready" });
    }
    await expect.poll(() => server.open).toBe(0);
    expect(told).toHaveLength(2);
  });
});
