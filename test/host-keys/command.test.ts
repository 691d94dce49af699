import { mkdirSync, writeFileSync } from "node:fs";

import type { SftpServer, SshLoginAttempt } from "samewire/testing";
import {
  generateSshKey,
  generateTlsIdentity,
  startFtpServer,
  startSftpServer,
  startWebdavServer,
} from "samewire/testing";
import { afterAll, beforeAll, expect, it } from "vitest";

import { BuiltCommand } from "../cli/built-command.ts";

const password = "never said to a stranger";
let command: BuiltCommand;

beforeAll(async () => {
  command = await BuiltCommand.build();
  const key = await generateSshKey("ed25519");
  mkdirSync(`${command.home}/.ssh`, { mode: 0o700 });
  writeFileSync(`${command.home}/.ssh/id_ed25519`, key.private, { mode: 0o600 });
  writeFileSync(command.file("local"), "content");
});
afterAll(() => {
  command[Symbol.dispose]();
});

/** What connects, by the command line; `URL` is a directory on the server. */
const lines: readonly (readonly string[])[] = [
  ["ls", "URL"],
  ["cat", "URLfile"],
  ["put", "local", "URLfile"],
  ["cp", "-r", "URL", "copied"],
  ["sync", ".", "URL"],
  ["tree", "chroot+URL"],
];

it("the command refuses a host whose key is unknown, says how to accept it, and says nothing to it", async () => {
  const attempts: SshLoginAttempt[] = [];
  const note = (attempt: SshLoginAttempt): "answer" => {
    attempts.push(attempt);
    return "answer";
  };
  await using server: SftpServer = await startSftpServer({ users: { joe: { password } }, onLogin: note });
  await using jump = await startSftpServer({ users: { joe: { password } }, onLogin: note });
  const url = `sftp://joe:${encodeURIComponent(password)}@127.0.0.1:${server.port}/`;
  for (const line of lines) {
    const { code, stderr } = await command.run(line.map((word) => word.replace("URL", url)));
    expect(code, line.join(" ")).not.toBe(0);
    expect(stderr).toContain("[host-key-unknown]");
    expect(stderr).toMatch(/SHA256:/);
    expect(stderr).not.toContain(password);
  }
  writeFileSync(
    `${command.home}/.ssh/config`,
    `Host behind\n  HostName 127.0.0.1\n  ProxyJump joe@127.0.0.1:${jump.port}\n`,
  );
  const { stderr } = await command.run(["ls", `sftp://joe@behind:${server.port}/`]);
  expect(stderr).toContain("[host-key-unknown]");
  expect(attempts).toEqual([]);
  expect(server.accepted).toBe(lines.length);
  expect(jump.accepted).toBe(1);
});

it("the command refuses a server whose authority is unknown, and says nothing to it", async () => {
  const tls = await generateTlsIdentity();
  await using web = await startWebdavServer({ tls });
  await using ftp = await startFtpServer({ tls: "explicit", identity: tls, users: { joe: password } });
  const login = `joe:${encodeURIComponent(password)}@127.0.0.1`;
  for (const url of [
    `davs://${login}:${web.port}/`,
    `https://${login}:${web.port}/`,
    `ftpes://${login}:${ftp.port}/`,
  ]) {
    const { code, stderr } = await command.run(["ls", url]);
    expect(code, url).not.toBe(0);
    expect(stderr).toContain("[tls-failed]");
    expect(stderr).not.toContain(password);
  }
  expect(web.requests).toEqual([]);
  expect(web.accepted).toBe(2);
  expect(ftp.commands.get("USER")).toBeUndefined();
});
