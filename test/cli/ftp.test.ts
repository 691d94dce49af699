import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";

import type { FtpServer, FtpServerOptions } from "samewire/testing";
import { startFtpServer } from "samewire/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { Outcome } from "./built-command.ts";
import { BuiltCommand } from "./built-command.ts";

/** The password stands in every URL here, and is warned of. */
const done: Outcome = { code: 0, stdout: "", stderr: expect.stringMatching(/^samewire: a password .*\n$/) as string };
let command: BuiltCommand;
const servers: FtpServer[] = [];

beforeAll(async () => {
  command = await BuiltCommand.build();
});

afterAll(() => {
  command[Symbol.dispose]();
});

afterEach(async () => {
  command.empty();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options: FtpServerOptions = {}): Promise<FtpServer> {
  const server = await startFtpServer({ users: { joe: "secret" }, ...options });
  servers.push(server);
  return server;
}

/** With the password in the URL, which is the only place for it where nobody can be asked. */
function url(server: FtpServer, path: string): string {
  return server.url.replace("joe@", "joe:secret@") + path;
}

describe("the command, over FTP", () => {
  it("copies trees up, on the server and down, over one connection each time", async () => {
    const server = await start();
    mkdirSync(command.file("tree/deep"), { recursive: true });
    const large = Buffer.alloc(1_500_000, "large ");
    writeFileSync(command.file("tree/large"), large);
    for (let index = 0; index < 20; index++) writeFileSync(command.file(`tree/deep/${index}`), `file ${index}`);
    expect(await command.run(["cp", "-r", "tree", url(server, "up")])).toEqual(done);
    expect(server.accepted).toBe(1);
    expect(await command.run(["cp", "-r", url(server, "up"), url(server, "over")])).toEqual(done);
    expect(server.accepted).toBe(2);
    expect(await command.run(["cp", "-r", url(server, "over"), "down"])).toEqual(done);
    expect(server.accepted).toBe(3);
    expect(readFileSync(command.file("down/large")).equals(large)).toBe(true);
    expect(readdirSync(command.file("down/deep")).length).toBe(20);
    expect(readFileSync(command.file("down/deep/7"), "utf8")).toBe("file 7");
  });

  it("lists, shows, moves and removes", async () => {
    const server = await start();
    expect(await command.run(["put", url(server, "a.txt")], { stdin: "hello" })).toEqual(done);
    expect(await command.run(["mv", url(server, "a.txt"), url(server, "b.txt")])).toEqual(done);
    expect(await command.run(["cat", url(server, "b.txt")])).toEqual({ ...done, stdout: "hello" });
    expect(await command.run(["ls", url(server, "")])).toEqual({ ...done, stdout: "b.txt\n" });
    expect(await command.run(["rm", url(server, "b.txt")])).toEqual(done);
    expect(await command.run(["ls", url(server, "")])).toEqual(done);
  });

  it("opens as many connections as it is told to, where each carries one transfer", async () => {
    const server = await start();
    mkdirSync(command.file("tree"));
    for (let index = 0; index < 30; index++) writeFileSync(command.file(`tree/${index}`), `file ${index}`);
    expect(await command.run(["cp", "-r", "--connections", "3", "tree", url(server, "up")])).toEqual(done);
    expect(server.accepted).toBe(3);
  });

  it("takes users and passwords from the file that --netrc names, and none at all from none", async () => {
    const server = await start();
    writeFileSync(command.file("logins"), "machine 127.0.0.1 login joe password secret\n", { mode: 0o600 });
    const anonymous = server.url.replace("joe@", "");
    expect(await command.run(["ls", "--netrc", "logins", anonymous])).toEqual({ code: 0, stdout: "", stderr: "" });
    const env = { NETRC: command.file("logins") };
    expect(await command.run(["ls", "--netrc", "none", anonymous], { env })).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("authentication-failed"),
    });
  });

  it("goes through the proxy that --proxy names, and says so of a password in it", async () => {
    const server = await start();
    // Nothing listens there: the server is not reached by any other way.
    const outcome = await command.run(["ls", "--proxy", "socks5://someone:hidden@127.0.0.1:1", url(server, "")]);
    expect(outcome).toMatchObject({ code: 3, stderr: expect.stringMatching(/password.*\n.*\[connection-failed\]/s) });
    expect(outcome.stderr).not.toContain("hidden");
    expect(server.accepted).toBe(0);
  });

  it("goes over TLS, trusting whom Node trusts, and else refuses before anybody is named", async () => {
    const server = await start({ tls: "explicit" });
    const refused = await command.run(["ls", url(server, "")]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("tls-failed");
    expect(refused.stderr).not.toContain("secret");
    expect(server.commands.get("USER")).toBeUndefined();
    writeFileSync(command.file("ca.pem"), server.ca ?? "");
    const env = { NODE_EXTRA_CA_CERTS: command.file("ca.pem") };
    expect(await command.run(["ls", url(server, "")], { env })).toEqual(done);
  });
});
