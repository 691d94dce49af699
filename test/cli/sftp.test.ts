import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";

import { isTempName } from "samewire";
import type { SftpServer, SftpServerOptions } from "samewire/testing";
import { generateSshKey, startFtpServer, startSftpServer } from "samewire/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { Outcome, RunOptions } from "./built-command.ts";
import { BuiltCommand } from "./built-command.ts";

const password = "correct horse";
const silence: Outcome = { code: 0, stdout: "", stderr: "" };
let command: BuiltCommand;
let key: { private: string; public: string };
const servers: SftpServer[] = [];

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

/** A server that lets joe in, by key or password, with the directory /srv; its host key goes on record. */
async function start(options: SftpServerOptions = {}): Promise<SftpServer> {
  const server = await startSftpServer({ users: { joe: { password, publicKeys: [key.public] } }, ...options });
  servers.push(server);
  server.tree.mkdir("/srv");
  writeFileSync(command.file("known_hosts"), server.knownHosts, { flag: "a" });
  return server;
}

/** A command has to start first, on a machine that may be busy. */
const soon = { timeout: 20_000 };
const trusting = ["--known-hosts", "known_hosts", "--ssh-config", "none"];

/** With joe's key. */
function run(args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return command.run([...trusting, "-i", "key", ...args], options);
}

function url({ port }: SftpServer, path: string): string {
  return `sftp://joe@127.0.0.1:${port}${path}`;
}

function content(server: SftpServer, path: string): string {
  const file = server.tree.open(
    path,
    { read: true, write: false, append: false, create: false, truncate: false, exclusive: false },
    0,
  );
  try {
    return file.read(0, 1_000_000).toString();
  } finally {
    file.close();
  }
}

function namesIn(server: SftpServer, path: string): string[] {
  return server.tree
    .readdir(path)
    .map(({ name }) => name)
    .toSorted();
}

describe("over SFTP", () => {
  it("every command works, each on one connection", async () => {
    const server = await start();
    const chain: [args: string[], stdout: string, stdin?: string][] = [
      [["mkdir", "-p", url(server, "/srv/a/b")], ""],
      [["put", url(server, "/srv/a/b/x")], "", "content"],
      [["cat", url(server, "/srv/a/b/x")], "content"],
      [["ls", "-R", url(server, "/srv")], "a\na/b\na/b/x\n"],
      [["mv", url(server, "/srv/a/b/x"), url(server, "/srv/a/y")], ""],
      [["cp", url(server, "/srv/a/y"), url(server, "/srv/a/b")], ""],
      [["rm", "-r", url(server, "/srv/a/b")], ""],
      [["ls", url(server, "/srv/a")], "y\n"],
    ];
    for (const [at, [args, stdout, stdin]] of chain.entries()) {
      expect(await run(args, stdin === undefined ? {} : { stdin }), args.join(" ")).toEqual({
        code: 0,
        stdout,
        stderr: "",
      });
      expect(server.accepted).toBe(at + 1);
    }
    const [described] = JSON.parse((await run(["stat", "--json", url(server, "/srv/a/y")])).stdout) as object[];
    expect(described).toMatchObject({ url: url(server, "/srv/a/y"), type: "file", sizeBytes: 7 });
  });

  it.runIf(hasProgram("openssh-client"))(
    titleNeeding("openssh-client", "the system's ssh carries it where that is said"),
    async () => {
      const server = await start();
      await run(["put", url(server, "/srv/a")], { stdin: "content" });
      const openssh = await run(["--ssh-client", "openssh", "cat", url(server, "/srv/a")]);
      expect(openssh).toEqual({ code: 0, stdout: "content", stderr: "" });
      const unknown = await run(["--ssh-client", "putty", "cat", url(server, "/srv/a")]);
      expect(unknown).toMatchObject({ code: 2, stdout: "" });
      expect(unknown.stderr).toContain("Write one of ssh2, openssh");
      expect(server.accepted).toBe(2);
    },
  );

  it("cp between two paths of one server opens one connection, and the server copies", async () => {
    const server = await start();
    await run(["put", url(server, "/srv/a")], { stdin: "content" });
    const before = server.accepted;
    expect(await run(["cp", url(server, "/srv/a"), url(server, "/srv/b")])).toEqual(silence);
    expect(server.accepted - before).toBe(1);
    expect(server.requests.get("copy-data")).toBe(1);
    expect(content(server, "/srv/b")).toBe("content");
  });

  it("cp of many files from many directories opens one connection", async () => {
    const server = await start();
    const names = ["a", "b", "c"];
    for (const name of names) await run(["put", "-p", url(server, `/srv/${name}/${name}`)], { stdin: name });
    const before = server.accepted;
    mkdirSync(command.file("here"));
    expect(await run(["cp", ...names.map((name) => url(server, `/srv/${name}/${name}`)), "here"])).toEqual(silence);
    expect(server.accepted - before).toBe(1);
    expect(readdirSync(command.file("here"))).toEqual(names);
  });

  it("cp -r takes a tree there and back", async () => {
    const server = await start();
    mkdirSync(command.file("tree/sub/empty"), { recursive: true });
    for (let n = 0; n < 60; n++) writeFileSync(command.file(`tree/sub/file ${n}`), `content ${n}`);
    writeFileSync(command.file("tree/large"), Buffer.alloc(1_000_000, "large"));
    expect(await run(["cp", "-r", "tree", url(server, "/srv/")])).toEqual(silence);
    expect(await run(["cp", "-r", url(server, "/srv/tree"), "back"])).toEqual(silence);
    expect(server.accepted).toBe(2);
    expect(readdirSync(command.file("back/sub")).toSorted()).toEqual(readdirSync(command.file("tree/sub")).toSorted());
    expect(readFileSync(command.file("back/sub/file 59"), "utf8")).toBe("content 59");
    expect(readFileSync(command.file("back/large")).equals(readFileSync(command.file("tree/large")))).toBe(true);
    expect(readdirSync(command.file("back/sub/empty"))).toEqual([]);
  });

  it("cp -r downloads no link that leads outside, and follows none", async () => {
    const server = await start();
    server.tree.mkdir("/srv/tree");
    server.tree.symlink("/etc", "/srv/tree/etc");
    server.tree.symlink("../../..", "/srv/tree/up");
    server.tree.symlink("sibling", "/srv/tree/fine");
    const { code, stderr } = await run(["cp", "-r", url(server, "/srv/tree"), "here"]);
    expect([code, stderr.trim().split("\n").length]).toEqual([1, 2]);
    expect(readdirSync(command.file("here"))).toEqual(["fine"]);
    expect(readlinkSync(command.file("here/fine"))).toBe("sibling");
  });

  it("cp and mv between two servers open one connection to each", async () => {
    const [from, to] = [await start(), await start()];
    await run(["put", "-p", url(from, "/srv/tree/x")], { stdin: "content" });
    expect(await run(["cp", "-r", url(from, "/srv/tree"), url(to, "/srv/copy")])).toEqual(silence);
    expect([from.accepted, to.accepted]).toEqual([2, 1]);
    expect(await run(["mv", url(from, "/srv/tree"), url(to, "/srv/moved")])).toEqual(silence);
    expect([content(to, "/srv/copy/x"), content(to, "/srv/moved/x")]).toEqual(["content", "content"]);
    expect(namesIn(from, "/srv")).toEqual([]);
  });

  it("mv between two servers deletes nothing unless all of it has arrived", async () => {
    const [from, to] = [await start(), await start()];
    from.tree.mkdir("/srv/tree");
    from.tree.symlink("/etc/passwd", "/srv/tree/link");
    const { code, stderr } = await run(["mv", url(from, "/srv/tree"), url(to, "/srv/tree")]);
    expect([code, namesIn(from, "/srv/tree")]).toEqual([1, ["link"]]);
    expect(stderr).toContain("Nothing was deleted");
  });

  it("host:path is what scp means by it, with ssh_config and from the login directory", async () => {
    const server = await start();
    const config = [
      "Host alias",
      "HostName 127.0.0.1",
      `Port ${server.port}`,
      "User joe",
      `IdentityFile ${command.file("key")}`,
      `UserKnownHostsFile ${command.file("known_hosts")}`,
    ];
    writeFileSync(command.file("config"), `${config.join("\n")}\n`);
    const ssh = ["-F", "config"];
    expect(await command.run([...ssh, "put", "alias:notes"], { stdin: "from home" })).toEqual(silence);
    expect(content(server, "/home/joe/notes")).toBe("from home");
    expect(await command.run([...ssh, "cp", "alias:notes", "alias:/srv"])).toEqual(silence);
    expect(content(server, "/srv/notes")).toBe("from home");
    writeFileSync(command.file("alias:notes"), "local");
    expect((await command.run([...ssh, "cat", "alias:notes"])).stdout).toBe("local");
    expect(await command.run([...ssh, "explain", "alias:a", `joe@127.0.0.1:b`])).toMatchObject({
      stdout: expect.stringMatching(/^no: /),
    });
    expect(await command.run([...ssh, "explain", "alias:a", "sftp://joe@alias/b"])).toMatchObject({
      stdout: expect.stringMatching(/^yes: /),
    });
  });

  it("goes through a jump host", async () => {
    const [jump, target] = [await start(), await start()];
    expect(await run(["--jump", `joe@127.0.0.1:${jump.port}`, "ls", url(target, "/")])).toEqual({
      code: 0,
      stdout: "home\nsrv\n",
      stderr: "",
    });
    expect([jump.accepted, jump.counts.forwards, target.accepted]).toEqual([1, 1, 1]);
  });

  it("a readonly+ location is not written to, and shares the connection of what it protects", async () => {
    const server = await start();
    await run(["put", url(server, "/srv/a")], { stdin: "" });
    const { code, stderr } = await run(["cp", url(server, "/srv/a"), `readonly+${url(server, "/srv/b")}`]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("[read-only]")]);
    expect(server.accepted).toBe(2);
  });

  it("names --no-atomic where the server cannot replace a file in one step", async () => {
    const server = await start({ extensions: [] });
    const { code, stderr } = await run(["put", url(server, "/srv/a")], { stdin: "x" });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/\[unsupported\]\. Pass --no-atomic/)]);
    expect(await run(["put", "--no-atomic", url(server, "/srv/a")], { stdin: "x" })).toEqual(silence);
  });

  it("gives up on a silent server after --timeout", async () => {
    const server = await start({ onRequest: (name) => (name === "lstat" || name === "stat" ? "silence" : "answer") });
    const { code, stderr } = await run(["--timeout", "0.5", "stat", url(server, "/srv")]);
    expect([code, stderr]).toEqual([3, expect.stringMatching(/\[timeout\]\. .*--timeout/)]);
  });

  it("says how a directory is deleted in its own words", async () => {
    const server = await start();
    const { code, stderr } = await run(["rm", url(server, "/srv")]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/: it is a directory \(.*\[is-a-directory\]\. .* with -r/),
    ]);
    expect(stderr).not.toMatch(/rmdir|deleteTree/);
  });

  it("quotes who answers in the place of an SSH server, and sends to the port", async () => {
    await using ftp = await startFtpServer();
    const { code, stderr } = await run(["--timeout", "3", "stat", `sftp://joe@127.0.0.1:${ftp.port}/`]);
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/ SSH server, but: 220 .*\[timeout\]\. Check the port and the scheme, .*--timeout/),
    ]);
  });
});

describe("what is told about connections", () => {
  it("--show-connections reports each, on stderr", async () => {
    const server = await start();
    const { stdout, stderr } = await run(["--show-connections", "ls", url(server, "/"), url(server, "/srv")]);
    expect(stdout).toContain("srv");
    expect(stderr).toMatch(
      new RegExp(
        `^connections opened: 1\\n {2}sftp://joe@127\\.0\\.0\\.1:${server.port}: opened: 1 in \\d+ ms, operations: \\d+, .*\\n$`,
      ),
    );
  });

  it("--show-connections --json is one object on stderr", async () => {
    const server = await start();
    const { stderr } = await run(["--show-connections", "--json", "stat", url(server, "/srv")]);
    expect(JSON.parse(stderr)).toMatchObject({
      connections: { wiresOpened: 1, connections: [{ wiresOpened: 1, wiresLost: 0, spurious: [] }] },
    });
  });

  it("--log writes pino's lines to stderr", async () => {
    const server = await start();
    const { stdout, stderr } = await run(["--log", "info", "ls", url(server, "/")]);
    expect(stdout).toBe("home\nsrv\n");
    const lines = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { msg: string; level: number });
    expect(lines.map(({ msg }) => msg)).toContain("connected");
  });
});

describe("secrets", () => {
  it("a password in a URL logs in, is warned about once, and is printed nowhere", async () => {
    const server = await start();
    const secret = `sftp://joe:${encodeURIComponent(password)}@127.0.0.1:${server.port}`;
    const outcome = await command.run([
      ...trusting,
      "--log",
      "trace",
      "--show-connections",
      "ls",
      "-l",
      `${secret}/`,
      `${secret}/srv`,
    ]);
    expect(outcome.code).toBe(0);
    expect(outcome.stderr.match(/password on the command line/g)).toHaveLength(1);
    for (const text of [password, encodeURIComponent(password)])
      expect(outcome.stdout + outcome.stderr).not.toContain(text);
    expect(server.accepted).toBe(1);
  });

  it("neither is one that was refused, in text or in JSON", async () => {
    const server = await start();
    for (const extra of [[], ["--json"]]) {
      const { code, stdout, stderr } = await command.run([
        ...trusting,
        ...extra,
        "--log",
        "trace",
        "ls",
        `sftp://joe:mistyped@127.0.0.1:${server.port}/`,
      ]);
      expect([code, stderr]).toEqual([4, expect.stringContaining("authentication-failed")]);
      expect(stdout + stderr).not.toContain("mistyped");
    }
  });

  it("two passwords for one user are two connections", async () => {
    const server = await start();
    await run(["put", url(server, "/srv/a")], { stdin: "a" });
    const before = server.accepted;
    const at = `127.0.0.1:${server.port}/srv`;
    const outcome = await command.run([
      ...trusting,
      "cp",
      `sftp://joe:other@${at}/a`,
      `sftp://joe:${encodeURIComponent(password)}@${at}/b`,
    ]);
    expect(outcome).toMatchObject({ code: 4, stderr: expect.stringContaining("authentication-failed") });
    expect(server.accepted - before).toBe(2);
    expect(namesIn(server, "/srv")).toEqual(["a"]);
  });
});

describe("an interrupted command", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends on %s with %i, leaves no temporary, and says nothing", async (signal, code) => {
    const server = await start();
    const child = command.start([...trusting, "-i", "key", "put", url(server, "/srv/file")]);
    child.stdin?.write(Buffer.alloc(300_000, "x"));
    await expect.poll(() => namesIn(server, "/srv").some(isTempName), soon).toBe(true);
    const stderr: Buffer[] = [];
    child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.kill(signal);
    expect(await once(child, "close")).toEqual([code, null]);
    expect(namesIn(server, "/srv")).toEqual([]);
    expect(Buffer.concat(stderr).toString()).toBe("");
  });

  it("leaves the old content of what it was about to replace", async () => {
    const server = await start();
    await run(["put", url(server, "/srv/file")], { stdin: "old" });
    const child = command.start([...trusting, "-i", "key", "cp", "-", url(server, "/srv/file")]);
    child.stdin?.write("new");
    await expect.poll(() => namesIn(server, "/srv").some(isTempName), soon).toBe(true);
    child.kill("SIGINT");
    await once(child, "close");
    expect([namesIn(server, "/srv"), content(server, "/srv/file")]).toEqual([["file"], "old"]);
    expect(existsSync(command.file("file"))).toBe(false);
  });
});
