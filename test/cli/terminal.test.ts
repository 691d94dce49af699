import { existsSync, readFileSync, writeFileSync } from "node:fs";

import type { SftpServer, SftpServerOptions } from "samewire/testing";
import { startSftpServer } from "samewire/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { BuiltCommand } from "./built-command.ts";
import { PseudoTerminal, hasPseudoTerminal, ifPseudoTerminal } from "./pseudo-terminal.ts";

const password = "correct horse";
let command: BuiltCommand;
let server: SftpServer;

beforeAll(async () => {
  command = await BuiltCommand.build();
});

afterAll(() => {
  command[Symbol.dispose]();
});

afterEach(async () => {
  await server.close();
});

async function start(options: SftpServerOptions = {}): Promise<void> {
  server = await startSftpServer({ users: { joe: { password } }, ...options });
  server.tree.mkdir("/srv");
}

const knownHosts = (): string => command.file("known_hosts");
const url = (): string => `sftp://joe@127.0.0.1:${server.port}/srv/`;

/** At a terminal; the server's key is on record unless told otherwise. */
function sit(args: readonly string[], { trusted = true, redirection = "" } = {}): PseudoTerminal {
  writeFileSync(knownHosts(), trusted ? server.knownHosts : "");
  return new PseudoTerminal(command, ["--known-hosts", knownHosts(), "--ssh-config", "none", ...args], redirection);
}

describe.runIf(hasPseudoTerminal)(`at a terminal${ifPseudoTerminal}`, () => {
  it("a password is asked for, and not shown", async () => {
    await start();
    const terminal = sit(["stat", url()]);
    await terminal.shows("Password of joe at 127.0.0.1: ");
    terminal.type(`${password}\r`);
    expect(await terminal.end()).toBe(0);
    expect(terminal.screen).toContain("directory");
    expect(terminal.screen).not.toContain(password);
    expect(server.accepted).toBe(1);
  });

  it("a refused password is asked for again, at most three times", async () => {
    await start();
    const terminal = sit(["stat", url()]);
    for (const wrong of ["wrong-1", "wrong-2", "wrong-3"]) {
      await terminal.shows("Password of joe");
      terminal.type(`${wrong}\r`);
    }
    expect(await terminal.end()).toBe(4);
    expect(terminal.screen.match(/That was refused\./g)).toHaveLength(2);
    expect(terminal.screen).toMatch(/\[authentication-failed\]/);
    expect(terminal.screen).not.toContain("wrong-");
    expect([server.accepted, server.counts.logins["password"]]).toEqual([1, 3]);
  });

  it("one password serves every operand on the same server", async () => {
    await start();
    for (const name of ["a", "b", "c"]) server.tree.mkdir(`/srv/${name}`);
    const terminal = sit(["ls", `${url()}a`, `${url()}b`, `${url()}c`]);
    await terminal.shows("Password of joe");
    terminal.type(`${password}\r`);
    expect(await terminal.end()).toBe(0);
    expect(server.accepted).toBe(1);
  });

  it("the keyboard is asked although stdin is a pipe", async () => {
    await start();
    const source = command.file("source");
    writeFileSync(source, "from the pipe");
    const terminal = sit(["put", `${url()}file`], { redirection: `< '${source}'` });
    await terminal.shows("Password of joe");
    terminal.type(`${password}\r`);
    expect(await terminal.end()).toBe(0);
    expect(server.tree.lstat("/srv/file").sizeBytes).toBe("from the pipe".length);
  });

  it("an unknown host key is shown with its fingerprint; yes records it, and it is not asked for again", async () => {
    await start();
    const terminal = sit(["stat", url()], { trusted: false });
    await terminal.shows("Trust it?");
    expect(terminal.screen).toMatch(
      new RegExp(`127\\.0\\.0\\.1, port ${server.port}.*ssh-ed25519 key\\n +SHA256:[A-Za-z0-9+/]{43}\\n`),
    );
    terminal.type("perhaps\r");
    await terminal.shows("Trust it?");
    terminal.type("yes\r");
    await terminal.shows("Password of joe");
    terminal.type(`${password}\r`);
    expect(await terminal.end()).toBe(0);
    expect(readFileSync(knownHosts(), "utf8").trim()).toBe(server.knownHosts.trim());
  });

  it("once accepts it and records nothing", async () => {
    await start();
    const terminal = sit(["stat", url()], { trusted: false });
    await terminal.shows("Trust it?");
    terminal.type("once\r");
    await terminal.shows("Password of joe");
    terminal.type(`${password}\r`);
    expect(await terminal.end()).toBe(0);
    expect(readFileSync(knownHosts(), "utf8")).toBe("");
  });

  it.each([
    ["no", "no\r"],
    ["the end of the input", "\u0004"],
  ])("%s refuses it, and no password is asked for", async (_what, typed) => {
    await start();
    const terminal = sit(["stat", url()], { trusted: false });
    await terminal.shows("Trust it?");
    terminal.type(typed);
    expect(await terminal.end()).toBe(4);
    expect(terminal.screen).toMatch(/\[host-key-unknown\]/);
    expect(terminal.screen).not.toContain("Password");
    expect(server.counts.logins).toEqual({});
  });

  it("Ctrl-C at a question ends the command with 130, and the terminal shows again what is typed", async () => {
    await start();
    const terminal = sit(["stat", url()], { redirection: "; echo code $?; stty -a" });
    await terminal.shows("Password of joe");
    terminal.type("\u0003");
    await terminal.end();
    expect(terminal.screen).toContain("code 130");
    expect(terminal.screen).toMatch(/ icanon .* echo /s);
  });

  it("the server's questions are asked one by one, its text shown as text", async () => {
    const prompts = [
      { text: "\u001b[2JToken: ", echo: true, answer: "123456" },
      { text: "Secret: ", echo: false, answer: "hush" },
    ];
    await start({ users: { joe: { prompts } } });
    const terminal = sit(["stat", url()]);
    await terminal.shows("127.0.0.1 asks joe:");
    await terminal.shows("Token: ");
    terminal.type("123456\r");
    await terminal.shows("Secret: ");
    terminal.type("hush\r");
    expect(await terminal.end()).toBe(0);
    expect(terminal.screen).toContain("\\u001b[2JToken: ");
    expect(terminal.screen).toContain("123456");
    expect(terminal.screen).not.toContain("hush");
  });

  it("nobody is asked when stderr goes elsewhere", async () => {
    await start();
    const terminal = sit(["stat", url()], { trusted: false, redirection: `2> '${command.file("messages")}'` });
    expect(await terminal.end()).toBe(4);
    expect(readFileSync(command.file("messages"), "utf8")).toMatch(/\[host-key-unknown\].*--host-key/);
  });
});

it("without a terminal nobody is asked: an unknown key is an error with its fingerprint and the way out", async () => {
  await start();
  const none = command.file("none");
  const outcome = await command.run(["--known-hosts", none, "--ssh-config", "none", "stat", url()]);
  expect(outcome).toMatchObject({ code: 4, stdout: "" });
  expect(outcome.stderr).toMatch(
    /^samewire: .*SHA256:[A-Za-z0-9+/]{43}.* \[host-key-unknown\]\. .*--host-key[^\n]*\n$/,
  );
  expect(existsSync(none)).toBe(false);
  const fingerprint = /SHA256:[A-Za-z0-9+/]{43}/.exec(outcome.stderr)?.[0] ?? "";
  const trusting = await command.run(["--host-key", fingerprint, "--ssh-config", "none", "stat", url()]);
  expect(trusting).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/\[authentication-failed\]\. .*--identity/),
  });
});
