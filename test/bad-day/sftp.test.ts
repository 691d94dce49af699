import { generateKeyPairSync } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { TransportOptions } from "../../src/index.ts";
import { TransportScope, getTransport } from "../../src/index.ts";
import { generateSshKey } from "../../src/testing.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { startOpenSsh } from "../servers/openssh.ts";
import { canAddAccounts } from "../servers/temporary-account.ts";
import { hurried, onSftpServers } from "./sftp-day.ts";
import { alias } from "./sites.ts";
import { Witness } from "./witness.ts";

onSftpServers("a bad day with sftp", (day) => {
  it("an unknown host key is refused with its fingerprint and the way to accept it, and accepted once it is on record", async () => {
    const known = await readFile(day.site.knownHostsFile, "utf8");
    await writeFile(day.site.knownHostsFile, "");
    const transport = day.transportWith();
    await day.witness.failure(transport.stat("x"), {
      code: "host-key-unknown",
      operation: "connect",
      says: /SHA256:[\w+/]{43}.*hostKeyFingerprints: "SHA256:/,
    });
    expect(await readFile(day.site.knownHostsFile, "utf8")).toBe("");
    await writeFile(day.site.knownHostsFile, known);
    await transport.connect();
    await day.works(transport);
  });

  it("a changed host key is refused with the file and the line, and accepted once the record is right", async () => {
    const known = await readFile(day.site.knownHostsFile, "utf8");
    const other = await generateSshKey("ed25519");
    await writeFile(day.site.knownHostsFile, `# a comment\n${alias} ${other.public}\n`);
    const transport = day.transportWith();
    await day.witness.failure(transport.put("x", "content"), {
      code: "host-key-changed",
      operation: "connect",
      says: /known_hosts line 2 has another key on record.*ssh-keygen -R 'server\.example'/,
    });
    expect(await day.site.names()).toEqual([]);
    await writeFile(day.site.knownHostsFile, known);
    await transport.connect();
    await day.works(transport);
  });

  it("a revoked host key is refused, whatever else is on record", async () => {
    const known = await readFile(day.site.knownHostsFile, "utf8");
    await writeFile(day.site.knownHostsFile, `${known}@revoked ${known}`);
    const transport = day.transportWith({ ssh: { unknownHostKey: "accept" } });
    await day.witness.failure(transport.getBytes("x"), {
      code: "host-key-changed",
      operation: "connect",
      says: /known_hosts line 2 marks as revoked.*Do not connect/,
    });
    await writeFile(day.site.knownHostsFile, known);
    await transport.connect();
    await day.works(transport);
  });

  it("a key that the server does not take is authentication-failed, and shows nothing of the key", async () => {
    const stranger = await generateSshKey("ed25519");
    day.witness.keepSecret(stranger.private, ...stranger.private.split("\n").filter((line) => line.length === 70));
    const refused = day.transportWith({ password: null, ssh: { identityFile: null, privateKey: stranger.private } });
    await day.witness.failure(refused.append("log", "line"), {
      code: "authentication-failed",
      operation: "connect",
      says: /joe|root/,
    });
    await day.works(day.transportWith());
    expect(await day.site.names()).toEqual(["after"]);
  });

  it("a passphrase that does not fit is authentication-failed, and is shown nowhere", async () => {
    const [passphrase, wrong] = ["the right passphrase", "the wrong passphrase"];
    const locked = lockedKey(passphrase);
    day.witness.keepSecret(passphrase, wrong, locked);
    const file = join(day.site.folder, "locked");
    await writeFile(file, locked, { mode: 0o600 });
    const refused = day.transportWith({ password: null, ssh: { identityFile: file, passphrase: wrong } });
    await day.witness.failure(refused.stat("x"), {
      code: "authentication-failed",
      operation: "connect",
      says: /locked/,
    });
    await day.works(day.transportWith());
  });

  it("a server that refuses the connection is connection-failed, and works once it listens", async () => {
    await day.site.door.shut();
    const transport = day.transportWith();
    await day.witness.failure(transport.list("")[Symbol.asyncIterator]().next(), {
      code: "connection-failed",
      operation: "list",
      temporary: true,
      says: new RegExp(`127\\.0\\.0\\.1 port ${day.site.door.port}: nothing listens there.*Check the port`),
    });
    await day.site.door.open();
    await day.works(transport);
  });

  it("a server that closes before its banner, again and again, is refused in the end, and works once it stays", async () => {
    day.site.door.welcome = (socket) => socket.end();
    const transport = day.transportWith({ connectTimeoutMs: 20_000 });
    await day.witness.failure(transport.rename("a", "b"), {
      code: "connection-failed",
      operation: "rename",
      temporary: true,
      says: /closed the connection before it said who it is.*Check that the server is up/,
    });
    day.site.door.welcome = "through";
    await day.works(transport);
  });

  it("a server that answers with half a banner, nothing at all, no packets, or as another one is timeout, and works once it speaks", async () => {
    const ftp = `220 ProFTPD \u001b[2J ready.\r\n500 what?\r\n${"220 more\r\n".repeat(1_000)}`;
    const answers = ["SSH-2.0-OpenSSH_9.2\r\n", "", "SSH-2.0-Open", "welcome\r\n".repeat(100), ftp];
    const kept = [...answers];
    day.site.door.welcome = (socket) => void socket.write(kept.shift() as string);
    const transports = answers.map(() =>
      getTransport(day.site.url, [], { ...day.trusted(), ...hurried, connectTimeoutMs: 2_000 }),
    );
    const failures = await Promise.all(
      transports.map((transport) =>
        day.witness.failure(transport.mkdir("x"), {
          code: "timeout",
          operation: "connect",
          temporary: true,
          says: /no connection within 2000 ms; it was in the phase "handshake".*connectTimeoutMs/,
        }),
      ),
    );
    expect(kept).toEqual([]);
    // Whoever never says that it speaks SSH is quoted, and the port may be the wrong one.
    const quotes = failures.flatMap(
      ({ message }) => /"handshake"; (.*) \(sftp:.* Check the port/.exec(message)?.[1] ?? [],
    );
    const strange = "what answers has not said that it is an SSH server, but: ";
    expect(quotes.toSorted()).toEqual([
      expect.stringMatching(`^${strange}220 ProFTPD \\[2J ready\\. 500 what\\? 220 more .{0,200}…$`),
      expect.stringMatching(`^${strange}welcome welcome .{0,200}…$`),
    ]);
    day.site.door.welcome = "through";
    for (const transport of transports) {
      await day.works(transport);
      await transport.disconnect();
    }
  });

  it.each([
    ["HTTP", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<html>"],
    ["an old SSH", "SSH-1.5-Ancient\r\n"],
    ["zeros", "\0".repeat(4_096)],
    ["an SSH banner and then no packets", `SSH-2.0-OpenSSH_9.2\r\n${"garbage ".repeat(64)}`],
  ])("a server that speaks %s is protocol-error, and works once it speaks SSH", async (_name, answer) => {
    day.site.door.welcome = (socket) => socket.end(answer, "latin1");
    const transport = day.transportWith();
    await day.witness.failure(transport.deleteTree("x"), {
      code: "protocol-error",
      operation: "deleteTree",
      says: /SSH/,
    });
    day.site.door.welcome = "through";
    await day.works(transport);
  });

  it("a server that goes at any byte of the handshake or the login is an error, and works once it is back", async () => {
    await day.works(day.transportWith());
    const bytes = day.site.tap.bytesDown;
    for (let at = 5; at < Math.min(bytes, 3_500); at = at < 40 ? at + 15 : at + 311) {
      await day.closeScope();
      const transport = day.transportWith();
      day.site.tap.severAfter(at, "down");
      // One attempt is cut; where that looks like a server with too much to do it is tried again, and succeeds.
      const [result] = await Promise.allSettled([transport.getBytes("after")]);
      if (result.status === "rejected")
        day.witness.testifyTo(result.reason, {
          code: "connection-failed",
          operation: "getBytes",
          temporary: true,
          says: /server closed/,
        });
      await day.works(transport);
    }
  });
});

describe.runIf(hasProgram("openssh-server"))(
  titleNeeding("openssh-server", "a bad day with sftp on a real sshd with accounts"),
  () => {
    it.runIf(canAddAccounts)("a wrong password is authentication-failed, and is shown nowhere", async () => {
      await using sshd = await startOpenSsh({ account: true });
      const password = sshd.password as string;
      const witness = new Witness([password, "a wrong password"]);
      await using scope = new TransportScope();
      const options: TransportOptions = {
        logger: witness.logger,
        ssh: { config: null, agent: null, identityFile: null, knownHosts: sshd.knownHostsFile },
      };
      const refused = scope.getTransport(sshd.url(), { ...options, password: "a wrong password" });
      await witness.failure(refused.stat(""), {
        code: "authentication-failed",
        operation: "connect",
        says: new RegExp(`password.*${sshd.user}|${sshd.user}.*password`),
      });
      await scope.getTransport(sshd.url(), { ...options, password }).put("file", "content");
      witness.hear(scope.report());
      await witness.swear();
    });
  },
);

/** A private key behind a passphrase. */
function lockedKey(passphrase: string): string {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase },
  }).privateKey;
}
