import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { isTempName } from "samewire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { OpenSshServer } from "../servers/openssh.ts";
import { startOpenSsh } from "../servers/openssh.ts";
import type { Outcome } from "./built-command.ts";
import { BuiltCommand, outcomeOf } from "./built-command.ts";

describe.runIf(hasProgram("openssh-server"))(titleNeeding("openssh-server", "on a real sshd"), () => {
  let server: OpenSshServer;
  let command: BuiltCommand;

  beforeAll(async () => {
    [command, server] = await Promise.all([BuiltCommand.build(), startOpenSsh()]);
    const lines = ["Host site", "HostName 127.0.0.1", `Port ${server.port}`, `IdentityFile ${server.identityFile}`];
    writeFileSync(command.file("config"), [...lines, `UserKnownHostsFile ${server.knownHostsFile}`, ""].join("\n"));
  });

  afterAll(async () => {
    await server.stop();
    command[Symbol.dispose]();
  });

  const run = (...args: string[]): Promise<Outcome> => command.run(["-F", "config", ...args]);
  const remote = (path: string): string => join(server.root, path);
  const site = (path: string): string => `site:${remote(path)}`;

  it("cp between two paths of one host makes one connection and one login", async () => {
    writeFileSync(remote("a"), "content");
    const before = [server.accepted, server.logins, server.sessions];
    const outcome = await run("cp", "--show-connections", site("a"), `sftp://${server.user}@site${remote("b")}`);
    expect(outcome).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining("connections opened: 1\n") });
    expect(readFileSync(remote("b"), "utf8")).toBe("content");
    expect([server.accepted, server.logins, server.sessions]).toEqual(before.map((count) => count + 1));
  });

  it("a tree goes there and back with its modes, on one connection each way", async () => {
    mkdirSync(command.file("tree/sub/empty"), { recursive: true });
    for (let n = 0; n < 100; n++) writeFileSync(command.file(`tree/sub/${n} é#%`), `content ${n}`);
    writeFileSync(command.file("tree/script"), "#!/bin/sh\n", { mode: 0o700 });
    symlinkSync("../script", command.file("tree/sub/link"));
    const before = server.accepted;
    expect(await run("cp", "-r", "tree", site("tree"))).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await run("cp", "-r", site("tree"), "back")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(server.accepted - before).toBe(2);
    expect(readdirSync(command.file("back/sub")).toSorted()).toEqual(readdirSync(command.file("tree/sub")).toSorted());
    expect(readFileSync(command.file("back/sub/99 é#%"), "utf8")).toBe("content 99");
    expect(statSync(command.file("back/script")).mode & 0o777).toBe(0o700);
  });

  it("sync, diff, get -r, tree and du agree with the disk, each on one connection", async () => {
    mkdirSync(command.file("site/sub"), { recursive: true });
    for (let n = 0; n < 50; n++) writeFileSync(command.file(`site/sub/${n}`), `content ${n}`);
    writeFileSync(command.file("site/index"), "index");
    const before = server.accepted;
    expect(await run("sync", "site", site("site"))).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^51 files, /),
    });
    expect((await run("diff", "--checksum", "site", site("site"))).code).toBe(0);
    writeFileSync(remote("site/extra"), "");
    writeFileSync(remote("site/index"), "other");
    const { code, stdout } = await run("diff", "--checksum", "site", site("site"));
    expect([code, stdout.split("\n").slice(0, 2)]).toEqual([
      1,
      [expect.stringMatching(/^copy +index \(content/), "delete extra (gone)"],
    ]);
    expect((await run("sync", "--delete", "--checksum", "--verify", "site", site("site"))).code).toBe(0);
    expect(readFileSync(remote("site/index"), "utf8")).toBe("index");
    expect(readdirSync(remote("site")).toSorted()).toEqual(["index", "sub"]);
    expect(await run("get", "-r", site("site"), "got")).toMatchObject({ code: 0 });
    expect(readFileSync(command.file("got/sub/49"), "utf8")).toBe("content 49");
    expect((await run("tree", "-d", "1", site("site"))).stdout).toMatch(
      /\n├── index\n└── sub\/\n\n1 directory, 1 file\n$/,
    );
    expect((await run("du", "-s", site("site"))).stdout).toMatch(/^495\t/);
    expect(server.accepted - before).toBe(7);
  });

  it("Ctrl-C in the middle of a tree leaves no half file and no temporary", async () => {
    mkdirSync(command.file("many"));
    const content = "x".repeat(20_000);
    for (let n = 0; n < 3_000; n++) writeFileSync(command.file(`many/${n}`), content);
    const child = command.start(["-F", "config", "cp", "-r", "many", site("many")]);
    const arrived = (): string[] => (existsSync(remote("many")) ? readdirSync(remote("many")) : []);
    await expect.poll(() => arrived().length, { timeout: 20_000, interval: 2 }).toBeGreaterThan(50);
    child.kill("SIGINT");
    expect(await outcomeOf(child)).toEqual({ code: 130, stdout: "", stderr: "" });
    expect(arrived().filter(isTempName)).toEqual([]);
    expect(arrived().length).toBeLessThan(3_000);
    for (const name of arrived()) expect(statSync(remote(`many/${name}`)).size, name).toBe(content.length);
  });

  it("ls -l, stat, mv and rm -r answer as on a disk", async () => {
    mkdirSync(remote("d/sub"), { recursive: true });
    writeFileSync(remote("d/x"), "12345", { mode: 0o640 });
    symlinkSync("x", remote("d/link"));
    expect((await run("ls", "-l", site("d"))).stdout).toMatch(/^l.* link -> x\nd.* sub\n-rw-r----- .* 5 .* x\n$/);
    expect(await run("mv", site("d/x"), site("d/sub"))).toMatchObject({ code: 0 });
    expect((await run("ls", "-R", site("d"))).stdout.trim().split("\n").toSorted()).toEqual(["link", "sub", "sub/x"]);
    expect(await run("rm", site("d"))).toMatchObject({ code: 1, stderr: expect.stringContaining("with -r") });
    expect(await run("rm", "-r", site("d"))).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(server.root)).not.toContain("d");
  });

  it("one item that fails does not stop the others", async () => {
    writeFileSync(remote("there"), "there");
    const { code, stdout, stderr } = await run("cat", site("missing"), site("there"));
    expect([code, stdout]).toEqual([1, "there"]);
    expect(stderr).toMatch(/^samewire: [^\n]*missing\) \[not-found\][^\n]*\n$/);
  });
});
