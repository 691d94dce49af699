import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import type { ChildProcess } from "node:child_process";

import { isTempName } from "samewire";
import type { SftpServer, SftpServerOptions } from "samewire/testing";
import { generateSshKey, startSftpServer } from "samewire/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Outcome } from "./built-command.ts";
import { BuiltCommand, outcomeOf } from "./built-command.ts";

let command: BuiltCommand;
let key: { private: string; public: string };
const servers: SftpServer[] = [];

/** SSH_FX_PERMISSION_DENIED of draft-ietf-secsh-filexfer-02, section 7. */
const denied = { status: 3, message: "not for you" };
/** A command has to start first, on a machine that may be busy. */
const soon = { timeout: 20_000, interval: 20 };

beforeAll(async () => {
  command = await BuiltCommand.build();
  key = await generateSshKey("ed25519");
});

afterAll(() => {
  command[Symbol.dispose]();
});

beforeEach(() => {
  command.empty();
  writeFileSync(command.file("key"), key.private, { mode: 0o600 });
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options: SftpServerOptions = {}): Promise<SftpServer> {
  const server = await startSftpServer({ users: { joe: { publicKeys: [key.public] } }, ...options });
  servers.push(server);
  server.tree.mkdir("/srv");
  writeFileSync(command.file("known_hosts"), server.knownHosts, { flag: "a" });
  return server;
}

const known = ["--known-hosts", "known_hosts", "--ssh-config", "none", "-i", "key"];
const run = (...args: string[]): Promise<Outcome> => command.run([...known, ...args]);
const begin = (...args: string[]): ChildProcess => command.start([...known, ...args]);

function url({ port }: SftpServer, path: string): string {
  return `sftp://joe@127.0.0.1:${port}${path}`;
}

/** A tree of small files, and one that is not. */
function makeTree(path: string, files: number): void {
  mkdirSync(command.file(`${path}/sub/empty`), { recursive: true });
  for (let n = 0; n < files; n++) writeFileSync(command.file(`${path}/sub/${n}`), `content ${n}`);
  writeFileSync(command.file(`${path}/large`), Buffer.alloc(1_000_000, "large"));
}

/** Past all that a client sees. */
function write({ tree }: SftpServer, path: string, content: string): void {
  const how = { read: false, write: true, append: false, create: true, truncate: false, exclusive: false };
  const file = tree.open(path, how, 0o644);
  file.write(0, Buffer.from(content));
  file.close();
}

function pathsBelow(server: SftpServer, path: string): string[] {
  return server.tree
    .readdir(path)
    .flatMap(({ name }) => {
      const at = `${path}/${name}`;
      return [at, ...(server.tree.lstat(at).type === "directory" ? pathsBelow(server, at) : [])];
    })
    .toSorted();
}

describe("trees over SFTP", () => {
  it("go up with sync, come down with get, are drawn, summed up and compared, each on one connection", async () => {
    const server = await start();
    makeTree("tree", 60);
    expect(await run("sync", "tree", url(server, "/srv/tree"))).toMatchObject({
      code: 0,
      stdout: "",
      stderr: expect.stringMatching(/^61 files, 977 KiB in .*\n$/),
    });
    expect((await run("diff", "tree", url(server, "/srv/tree"))).code).toBe(0);
    expect(await run("get", "-r", url(server, "/srv/tree"), "back")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await run("tree", "-d", "2", url(server, "/srv/tree"))).stdout).toMatch(/├── large\n└── sub\/\n.*├── 0\n/s);
    expect((await run("du", "-s", url(server, "/srv/tree"))).stdout).toMatch(/^1000590\t/);
    expect(server.accepted).toBe(5);
    expect(readFileSync(command.file("back/sub/59"), "utf8")).toBe("content 59");
    expect(readFileSync(command.file("back/large")).equals(readFileSync(command.file("tree/large")))).toBe(true);
  });

  it("an unchanged tree is not opened, nor looked at file by file", async () => {
    const server = await start();
    makeTree("tree", 60);
    await run("sync", "tree", url(server, "/srv/tree"));
    const opened = server.requests.get("open");
    const looks = server.requests.get("lstat") ?? 0;
    expect(await run("sync", "tree", url(server, "/srv/tree"))).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^0 files, .*; 61 unchanged\n$/),
    });
    expect(server.requests.get("open")).toBe(opened);
    expect((server.requests.get("lstat") ?? 0) - looks).toBeLessThan(5);
  });

  it("one file that is refused is told, and the rest arrives; the summary counts it", async () => {
    let opened = 0;
    const server = await start({ onRequest: (name) => (name === "open" && ++opened === 5 ? denied : "answer") });
    mkdirSync(command.file("tree"));
    for (let n = 0; n < 9; n++) writeFileSync(command.file(`tree/${n}`), "content");
    const { code, stderr } = await run("sync", "tree", url(server, "/srv/tree"));
    expect(code).toBe(1);
    const lines = stderr.trim().split("\n");
    expect(lines[0]).toMatch(/^samewire: .*\/tree\/\d\) \[permission-denied\]/);
    expect(lines.at(-1)).toMatch(/^8 files, .*; 1 failed$/);
    expect(pathsBelow(server, "/srv/tree")).toHaveLength(8);
  });

  it("--verify notices a file that is not what was sent", async () => {
    const server = await start({
      onRequest: (name, path) => {
        if (name.startsWith("posix-rename") && path !== undefined) write(server, path, "X");
        return "answer";
      },
    });
    writeFileSync(command.file("file"), "content");
    const corrupted = { code: 1, stderr: expect.stringMatching(/not what was written.*\[protocol-error\]/) as string };
    expect((await run("cp", "file", url(server, "/srv/unnoticed"))).code).toBe(0);
    expect(await run("cp", "--verify", "file", url(server, "/srv/renamed"))).toMatchObject(corrupted);
    expect(await run("cp", "--verify", "file", url(server, "/srv"))).toMatchObject(corrupted);
  });

  it("names from a server reach a terminal as text, and go nowhere else", async () => {
    const server = await start();
    server.tree.mkdir("/srv/tree");
    server.tree.mkdir("/srv/tree/\u001b[2Jevil");
    const { code, stderr } = await run("get", "-rv", url(server, "/srv/tree"), "here");
    expect([code, stderr.includes("\u001b")]).toEqual([0, false]);
    expect(stderr).toContain("\\u001b[2Jevil");
    expect((await run("sync", "-n", url(server, "/srv/tree"), "there")).stdout).toContain("make   \\u001b[2Jevil/");
  });

  it("the exit code says that nobody could be reached, that one was not let in, or that several things went wrong", async () => {
    const server = await start();
    const { port } = server;
    await server.close();
    servers.length = 0;
    expect(await run("ls", `sftp://joe@127.0.0.1:${port}/`)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("connection-failed"),
    });
    expect((await run("diff", ".", `sftp://joe@127.0.0.1:${port}/`)).code).toBe(3);
    const strict = await start();
    expect((await command.run(["--known-hosts", "none", "--ssh-config", "none", "ls", url(strict, "/")])).code).toBe(4);
    expect((await run("ls", `sftp://joe@127.0.0.1:${port}/`, "missing")).code).toBe(1);
  });
});

describe("Ctrl-C", () => {
  it("in the middle of a tree leaves no half file and no temporary, and ends with 130", async () => {
    let written = 0;
    const server = await start({
      // From some point on nothing gets any further: the command stays in the middle.
      onRequest: (name) => {
        if (name === "write") written++;
        return written > 40 && (name === "write" || name.startsWith("posix-rename")) ? "silence" : "answer";
      },
    });
    makeTree("tree", 200);
    const child = begin("cp", "-r", "tree", url(server, "/srv/tree"));
    await expect.poll(() => written, soon).toBeGreaterThan(40);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await outcomeOf(child);
    expect([code, stdout, stderr]).toEqual([130, "", ""]);
    const there = pathsBelow(server, "/srv/tree");
    expect(there.filter(isTempName)).toEqual([]);
    for (const path of there.filter((each) => /\/sub\/\d+$/.test(each))) {
      const { sizeBytes } = server.tree.lstat(path);
      expect(sizeBytes, path).toBe(`content ${path.split("/").at(-1)}`.length);
    }
  });

  it("in the middle of a large file leaves the old one", async () => {
    const server = await start({
      onRequest: (name) => (name === "write" ? "silence" : "answer"),
    });
    writeFileSync(command.file("file"), Buffer.alloc(3_000_000, "x"));
    const child = begin("put", "file", url(server, "/srv/file"));
    await expect.poll(() => server.requests.get("write") ?? 0, soon).toBeGreaterThan(0);
    child.kill("SIGINT");
    expect((await outcomeOf(child)).code).toBe(130);
    expect(pathsBelow(server, "/srv")).toEqual([]);
  });

  it("in the middle of a download leaves nothing under the file's name, and no temporary", async () => {
    let read = 0;
    const server = await start({ onRequest: (name) => (name === "read" && ++read > 2 ? "silence" : "answer") });
    write(server, "/srv/file", "x".repeat(3_000_000));
    mkdirSync(command.file("here"));
    const child = begin("get", url(server, "/srv/file"), "here");
    await expect.poll(() => read, soon).toBeGreaterThan(2);
    child.kill("SIGINT");
    expect((await outcomeOf(child)).code).toBe(130);
    expect(readdirSync(command.file("here"))).toEqual([]);
  });
});
