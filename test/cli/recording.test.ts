import { mkdirSync, writeFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";

import type { SftpServer, Tap } from "samewire/testing";
import { generateSshKey, startSftpServer, startTap } from "samewire/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { BuiltCommand } from "./built-command.ts";
import { PseudoTerminal, hasPseudoTerminal, ifPseudoTerminal } from "./pseudo-terminal.ts";

/** Where the text of the last recording is left; docs/command.md shows one. */
const recording = new URL("../../.build/recording.txt", import.meta.url);
/** SSH_FX_PERMISSION_DENIED of draft-ietf-secsh-filexfer-02, section 7. */
const denied = { status: 3, message: "not for you" };

let command: BuiltCommand;
let server: SftpServer;
let tap: Tap;

beforeAll(async () => {
  command = await BuiltCommand.build();
  const key = await generateSshKey("ed25519");
  let opened = 0;
  server = await startSftpServer({
    users: { joe: { publicKeys: [key.public] } },
    onRequest: (name) => (name === "open" && ++opened === 200 ? denied : "answer"),
  });
  server.tree.mkdir("/srv");
  // A round trip of 80 ms: what is near is done before there is anything to see.
  tap = await startTap({ port: server.port });
  tap.delay(40);
  writeFileSync(command.file("key"), key.private, { mode: 0o600 });
  writeFileSync(command.file("known_hosts"), server.knownHosts.replaceAll(String(server.port), String(tap.port)));
  const config = ["Host example", "HostName 127.0.0.1", `Port ${tap.port}`, "User joe"];
  const files = [`IdentityFile ${command.file("key")}`, `UserKnownHostsFile ${command.file("known_hosts")}`];
  mkdirSync(command.file(".home/.ssh"));
  writeFileSync(command.file("config"), `${[...config, ...files].join("\n")}\n`);
  for (let folder = 0; folder < 12; folder++) {
    mkdirSync(command.file(`site/${folder}`), { recursive: true });
    for (let n = 0; n < 100; n++) writeFileSync(command.file(`site/${folder}/${n}.html`), "x".repeat(4096));
  }
  writeFileSync(command.file("site/video"), Buffer.alloc(24_000_000, "large "));
});

afterAll(async () => {
  await tap.close();
  await server.close();
  command[Symbol.dispose]();
});

/** What was seen, one thing after the other: what was drawn over stands above what was drawn. */
function seen(screen: string): string[] {
  return stripVTControlCharacters(screen)
    .split(/[\r\n]+/)
    .map((line) => line.trimEnd())
    .filter((line, at, lines) => line !== "" && line !== lines[at - 1]);
}

describe.runIf(hasPseudoTerminal)(`a sync at a terminal${ifPseudoTerminal}`, () => {
  it("shows how far it is, each failure above that, and in the end what it came to", async () => {
    const args = ["-F", "config", "sync", "site", "example:/srv/site"];
    const terminal = new PseudoTerminal(command, args, "", { term: "xterm" });
    expect(await terminal.end()).toBe(1);
    const lines = seen(terminal.screen);
    writeFileSync(recording, `$ samewire sync site example:/srv/site\n${lines.join("\n")}\n`);
    const progress = lines.filter((line) => /^\[(?:#*-*\] +\d+ %|counting …\]) +[\d,]+ of [\d,]+ files?/.test(line));
    expect(progress.length).toBeGreaterThan(2);
    expect(progress.at(-1)).toContain("; 1 failed");
    const failure = lines.findIndex((line) => /^samewire: .*\/srv\/site\/.*\[permission-denied\]/.test(line));
    expect(failure).toBeGreaterThan(0);
    expect(lines.slice(failure + 1).some((line) => progress.includes(line))).toBe(true);
    expect(lines.at(-1)).toMatch(/^1,200 files, 28 MiB in .*, .*\/s; 1 failed$/);
    // What was redrawn is gone: the summary stands where it was.
    expect(terminal.screen.trimEnd().split("\n").at(-1)).toMatch(/^(?:\u001b\[[\d?]*[A-Za-z])*1,200 files/);
  });

  it("ends on Ctrl-C with 130 and nothing left of what was redrawn", async () => {
    const args = ["-F", "config", "sync", "site", "example:/srv/again"];
    const terminal = new PseudoTerminal(command, args, "", { term: "xterm" });
    await terminal.shows(" left");
    terminal.type("\u0003");
    expect(await terminal.end()).toBe(130);
    // The last thing that the command did was to take its line away.
    const after = terminal.screen.slice(terminal.screen.lastIndexOf(" left"));
    expect(after).toContain("\u001b[2K");
    expect(stripVTControlCharacters(after)).not.toContain("samewire:");
  });
});
