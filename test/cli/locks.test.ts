import { writeFileSync } from "node:fs";

import { getTransport } from "samewire";
import type { SftpServer } from "samewire/testing";
import { startSftpServer } from "samewire/testing";
import { afterEach, describe, expect, it } from "vitest";

import type { Outcome } from "./built-command.ts";
import { commandOfFile } from "./command-of-file.ts";
import { PseudoTerminal, hasPseudoTerminal, ifPseudoTerminal } from "./pseudo-terminal.ts";

const command = await commandOfFile();

const run = (...args: string[]): Promise<Outcome> => command.run(args);
const here = () => getTransport(`${command.folder}/`);

describe("lock", () => {
  it("tells who holds which, by its exit code as well", async () => {
    expect(await run("lock", "site")).toEqual({ code: 0, stdout: `${command.file("site")}: nobody\n`, stderr: "" });
    expect(await run("lock", "-q", "site")).toEqual({ code: 0, stdout: "", stderr: "" });
    await using _lock = await here().lock("site");
    const { code, stdout, stderr } = await run("lock", "site", "other");
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(new RegExp(`/site: locked by .*process ${process.pid} .*since 20.*\\n.*/other: nobody\\n$`));
    const [held, free] = JSON.parse((await run("lock", "--json", "site", "other")).stdout) as Record<string, unknown>[];
    expect(held).toMatchObject({ url: expect.stringMatching(/\/site$/) as string, lock: { pid: process.pid } });
    expect(free).toMatchObject({ lock: null });
  });

  it("ends with 2 where it could not find out", async () => {
    expect(await run("lock", "http://127.0.0.1:1/site")).toMatchObject({ code: 2, stdout: "" });
    expect(await run("lock")).toMatchObject({ code: 2 });
  });
});

describe("break-lock", () => {
  it("does nothing without being asked or told", async () => {
    await using lock = await here().lock("site");
    expect(await run("break-lock", "site")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`process ${process.pid}.*\\[locked\\].*use --force`)) as string,
    });
    const dry = await run("break-lock", "-n", "site");
    expect(dry).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^break the lock of .*\/site, held by /) as string,
    });
    expect(await here().lockInfo("site")).toBeDefined();
    expect(lock.path).toBe("site");
  });

  it("breaks it by force, and tells whose it was", async () => {
    const lock = await here().lock("site");
    const { code, stdout } = await run("break-lock", "--force", "--json", "site");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ lock: { pid: process.pid } }]);
    expect(await here().lockInfo("site")).toBeUndefined();
    await expect(lock.release()).rejects.toMatchObject({ code: "locked" });
    expect(await run("break-lock", "--force", "site")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("nobody holds the lock") as string,
    });
  });
});

describe.runIf(hasPseudoTerminal)(`break-lock at a terminal${ifPseudoTerminal}`, () => {
  let server: SftpServer;

  afterEach(async () => {
    await server.close();
  });

  it("shows the holder and asks; only yes breaks it", async () => {
    server = await startSftpServer({ users: { joe: { password: "secret" } } });
    writeFileSync(command.file("known_hosts"), server.knownHosts);
    const url = `sftp://joe:secret@127.0.0.1:${server.port}/home/joe/`;
    const ssh = { config: null, agent: null, identityFile: null, knownHosts: command.file("known_hosts") };
    await using transport = getTransport(url, undefined, { ssh });
    await transport.lock("site");
    for (const [answer, code] of [
      ["no", 1],
      ["yes", 0],
    ] as const) {
      const options = ["--known-hosts", "known_hosts", "--ssh-config", "none"];
      const terminal = new PseudoTerminal(command, [...options, "break-lock", `${url}site`]);
      await terminal.shows(`process ${process.pid}`);
      await terminal.shows("Break it? yes, no: ");
      terminal.type(`${answer}\r`);
      expect(await terminal.end()).toBe(code);
      expect((await transport.lockInfo("site")) === undefined).toBe(answer === "yes");
    }
  });
});
