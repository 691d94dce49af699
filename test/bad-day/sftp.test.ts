import { generateKeyPairSync } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope, getTransport } from "../../src/index.ts";
import { generateSshKey } from "../../src/testing.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { OpenSshServer } from "../servers/openssh.ts";
import { startOpenSsh } from "../servers/openssh.ts";
import { canAddAccounts } from "../servers/temporary-account.ts";
import type { BadDaySite } from "./sites.ts";
import { alias, embeddedSite, openSshSite } from "./sites.ts";
import { Witness } from "./witness.ts";

/** Small limits: what ends by itself ends soon. */
const hurried: TransportOptions = { connectTimeoutMs: 1_000, silenceTimeoutMs: 600, drainTimeoutMs: 200 };
const mebibyte = 1024 * 1024;

describe("a bad day with sftp on the in-process server", () => {
  badDay(() => embeddedSite());
});

describe.runIf(hasProgram("openssh-server"))(
  titleNeeding("openssh-server", "a bad day with sftp on a real sshd"),
  () => {
    let server: Promise<OpenSshServer> | undefined;
    afterAll(async () => {
      await (await server)?.stop();
    });
    badDay(async () => openSshSite(await (server ??= startOpenSsh())));

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

function badDay(openSite: () => Promise<BadDaySite>): void {
  let site: BadDaySite;
  let witness: Witness;
  let scope: TransportScope;

  beforeEach(async () => {
    site = await openSite();
    witness = new Witness(site.secrets);
    scope = new TransportScope();
  });
  afterEach(async () => {
    site.tap.stall(false); // Who is stalled is not told of an end.
    witness.hear(scope.report());
    await scope.close();
    witness.hear(scope.report());
    await expect.poll(() => site.tap.open, { message: "connections that remain" }).toBe(0);
    await site.close();
    await witness.swear();
  });

  /** A transport of the site, through the scope, that says whatever it has to say to the witness. */
  function transportWith({ ssh, ...options }: TransportOptions = {}): Transport {
    return scope.getTransport(site.url, { ...trusted(), ...options, ssh: { ...site.options.ssh, ...ssh } });
  }

  function trusted(): TransportOptions {
    return { logger: witness.logger, ...site.options };
  }

  async function works(transport: Transport): Promise<void> {
    await transport.put("after", "the fault is gone");
    expect(await site.reread("after")).toBe("the fault is gone");
    expect(String(await transport.getBytes("after"))).toBe("the fault is gone");
  }

  it("an unknown host key is refused with its fingerprint and the way to accept it, and accepted once it is on record", async () => {
    const known = await readFile(site.knownHostsFile, "utf8");
    await writeFile(site.knownHostsFile, "");
    const transport = transportWith();
    await witness.failure(transport.stat("x"), {
      code: "host-key-unknown",
      operation: "connect",
      says: /SHA256:[\w+/]{43}.*hostKeyFingerprints: "SHA256:/,
    });
    expect(await readFile(site.knownHostsFile, "utf8")).toBe("");
    await writeFile(site.knownHostsFile, known);
    await transport.connect();
    await works(transport);
  });

  it("a changed host key is refused with the file and the line, and accepted once the record is right", async () => {
    const known = await readFile(site.knownHostsFile, "utf8");
    const other = await generateSshKey("ed25519");
    await writeFile(site.knownHostsFile, `# a comment\n${alias} ${other.public}\n`);
    const transport = transportWith();
    await witness.failure(transport.put("x", "content"), {
      code: "host-key-changed",
      operation: "connect",
      says: /known_hosts line 2 has another key on record.*ssh-keygen -R 'server\.example'/,
    });
    expect(await site.names()).toEqual([]);
    await writeFile(site.knownHostsFile, known);
    await transport.connect();
    await works(transport);
  });

  it("a revoked host key is refused, whatever else is on record", async () => {
    const known = await readFile(site.knownHostsFile, "utf8");
    await writeFile(site.knownHostsFile, `${known}@revoked ${known}`);
    const transport = transportWith({ ssh: { unknownHostKey: "accept" } });
    await witness.failure(transport.getBytes("x"), {
      code: "host-key-changed",
      operation: "connect",
      says: /known_hosts line 2 marks as revoked.*Do not connect/,
    });
    await writeFile(site.knownHostsFile, known);
    await transport.connect();
    await works(transport);
  });

  it("a key that the server does not take is authentication-failed, and shows nothing of the key", async () => {
    const stranger = await generateSshKey("ed25519");
    witness.keepSecret(stranger.private, ...stranger.private.split("\n").filter((line) => line.length === 70));
    const refused = transportWith({ password: null, ssh: { identityFile: null, privateKey: stranger.private } });
    await witness.failure(refused.append("log", "line"), {
      code: "authentication-failed",
      operation: "connect",
      says: /joe|root/,
    });
    await works(transportWith());
    expect(await site.names()).toEqual(["after"]);
  });

  it("a passphrase that does not fit is authentication-failed, and is shown nowhere", async () => {
    const [passphrase, wrong] = ["the right passphrase", "the wrong passphrase"];
    const locked = lockedKey(passphrase);
    witness.keepSecret(passphrase, wrong, locked);
    const file = join(site.folder, "locked");
    await writeFile(file, locked, { mode: 0o600 });
    const refused = transportWith({ password: null, ssh: { identityFile: file, passphrase: wrong } });
    await witness.failure(refused.stat("x"), {
      code: "authentication-failed",
      operation: "connect",
      says: /locked/,
    });
    await works(transportWith());
  });

  it("a server that refuses the connection is connection-failed, and works once it listens", async () => {
    await site.door.shut();
    const transport = transportWith();
    await witness.failure(transport.list("")[Symbol.asyncIterator]().next(), {
      code: "connection-failed",
      operation: "list",
      temporary: true,
      says: new RegExp(`127\\.0\\.0\\.1 port ${site.door.port}: nothing listens there.*Check the port`),
    });
    await site.door.open();
    await works(transport);
  });

  it("a server that closes before its banner, again and again, is refused in the end, and works once it stays", async () => {
    site.door.welcome = (socket) => socket.end();
    const transport = transportWith({ connectTimeoutMs: 20_000 });
    await witness.failure(transport.rename("a", "b"), {
      code: "connection-failed",
      operation: "rename",
      temporary: true,
      says: /closed the connection before it said who it is.*Check that the server is up/,
    });
    site.door.welcome = "through";
    await works(transport);
  });

  it("a server that answers with half a banner, nothing at all, or no packets is timeout, and works once it speaks", async () => {
    const answers = ["SSH-2.0-OpenSSH_9.2\r\n", "", "SSH-2.0-Open", "welcome\r\n".repeat(100)];
    const kept = [...answers];
    site.door.welcome = (socket) => void socket.write(kept.shift() as string);
    const transports = answers.map(() => getTransport(site.url, [], { ...trusted(), ...hurried }));
    await Promise.all(
      transports.map((transport) =>
        witness.failure(transport.mkdir("x"), {
          code: "timeout",
          operation: "connect",
          temporary: true,
          says: /no connection within 1000 ms; it was in the phase "handshake".*connectTimeoutMs/,
        }),
      ),
    );
    expect(kept).toEqual([]);
    site.door.welcome = "through";
    for (const transport of transports) {
      await works(transport);
      await transport.disconnect();
    }
  });

  it.each([
    ["HTTP", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<html>"],
    ["an old SSH", "SSH-1.5-Ancient\r\n"],
    ["zeros", "\0".repeat(4_096)],
    ["an SSH banner and then no packets", `SSH-2.0-OpenSSH_9.2\r\n${"garbage ".repeat(64)}`],
  ])("a server that speaks %s is protocol-error, and works once it speaks SSH", async (_name, answer) => {
    site.door.welcome = (socket) => socket.end(answer, "latin1");
    const transport = transportWith();
    await witness.failure(transport.deleteTree("x"), {
      code: "protocol-error",
      operation: "deleteTree",
      says: /SSH/,
    });
    site.door.welcome = "through";
    await works(transport);
  });

  it("a server that goes at any byte of the handshake or the login is an error, and works once it is back", async () => {
    await works(transportWith());
    const bytes = site.tap.bytesDown;
    for (let at = 5; at < Math.min(bytes, 3_500); at = at < 40 ? at + 15 : at + 311) {
      await scope.close();
      witness.hear(scope.report());
      scope = new TransportScope();
      const transport = transportWith();
      site.tap.severAfter(at, "down");
      // One attempt is cut; where that looks like a server with too much to do it is tried again, and succeeds.
      const [result] = await Promise.allSettled([transport.getBytes("after")]);
      if (result.status === "rejected")
        witness.testifyTo(result.reason, {
          code: "connection-failed",
          operation: "getBytes",
          temporary: true,
          says: /server closed/,
        });
      await works(transport);
    }
  });

  it.each(["reset", "close"] as const)(
    "a server that goes for good in the middle of a get (%s) ends it with an error, never as a short success",
    async (ending) => {
      const size = 24 * mebibyte;
      await site.seed("large", Buffer.alloc(size, "x"));
      const transport = transportWith();
      const stream = await transport.get("large");
      let received = 0;
      const reading = (async () => {
        for await (const chunk of stream) {
          if (received === 0) {
            await site.door.shut();
            site.tap.sever(ending);
          }
          received += (chunk as Buffer).length;
        }
      })();
      await witness.failure(reading, {
        code: "connection-lost",
        operation: "get",
        temporary: true,
        says: /connection/,
      });
      expect(received).toBeLessThan(size);
      // Repeated once, and then there is nobody to ask.
      await witness.failure(transport.getBytes("large"), {
        code: "connection-failed",
        operation: "getBytes",
        says: /nothing listens there/,
      });
      await site.door.open();
      expect((await transport.getBytes("large")).length).toBe(size);
    },
  );

  it("a server that goes for good in the middle of getBytes and of readv is an error for each", async () => {
    await site.seed("large", Buffer.alloc(8 * mebibyte, "x"));
    const transport = transportWith();
    await transport.stat("large");
    site.tap.severAfter(mebibyte, "down");
    const shutting = expect.poll(() => site.tap.open, { interval: 1 }).toBe(0);
    await site.door.shut();
    const ranges = [{ offset: 0, length: 8 * mebibyte }];
    const reading = transport.readv("large", ranges)[Symbol.asyncIterator]().next();
    const failure = { operation: "getBytes", temporary: true, says: /./ } as const;
    const [whole, parts] = await Promise.allSettled([transport.getBytes("large"), reading]);
    await shutting;
    witness.testifyTo((whole as PromiseRejectedResult).reason, { ...failure, code: "connection-failed" });
    witness.testifyTo((parts as PromiseRejectedResult).reason, {
      ...failure,
      code: "connection-lost",
      operation: "readv",
    });
    await site.door.open();
    await works(transport);
  });

  it.each([1, 60_000, 700_000, 1_900_000])(
    "a server that goes %i bytes into an atomic put, and comes back later, has the old content and no temporary",
    async (bytes) => {
      await site.seed("file", "the old content");
      const transport = transportWith();
      await transport.stat("file");
      site.tap.severAfter(bytes, "up");
      await site.door.shut();
      const failure = await witness.failure(transport.put("file", slowly(Buffer.alloc(2_000_000, "new"))), {
        code: "connection-lost",
        operation: "put",
        temporary: true,
        path: "file",
        says: /connection/,
      });
      expect(failure.url).toBe(`${site.url}file`);
      expect(await site.reread("file")).toBe("the old content");
      await site.door.open();
      expect(String(await transport.getBytes("file"))).toBe("the old content");
      expect(await site.names()).toEqual(["file"]);
    },
  );

  it("a put that was cut off leaves no temporary, though nothing but a connect() comes after it", async () => {
    await site.seed("file", "the old content");
    const transport = transportWith();
    await transport.stat("file");
    site.tap.severAfter(300_000, "up");
    await site.door.shut();
    await expect(transport.put("file", slowly(Buffer.alloc(600_000)))).rejects.toMatchObject({
      code: "connection-lost",
    });
    await site.door.open();
    await transport.connect();
    await transport.disconnect();
    expect(await site.names()).toEqual(["file"]);
  });

  it("silence in the middle of the login is timeout, and works once the server speaks", async () => {
    const transport = transportWith(hurried);
    site.door.welcome = "through";
    site.tap.stall();
    await witness.failure(transport.copy("a", "b"), {
      code: "timeout",
      operation: "connect",
      temporary: true,
      says: /no connection within 1000 ms.*connectTimeoutMs/,
    });
    site.tap.stall(false);
    await works(transport);
  });

  it("silence in the middle of verbs is timeout within the limit, and says which of them may have taken effect", async () => {
    await site.seed("file", "content");
    const transport = transportWith({ ...hurried, connectTimeoutMs: 10_000 });
    await transport.stat("file");
    site.tap.stall();
    const says = /said nothing for 600 ms.*silenceTimeoutMs/;
    const failures = [
      witness.failure(transport.stat("file"), { code: "timeout", operation: "stat", temporary: true, says }),
      witness.failure(transport.getBytes("file"), { code: "timeout", operation: "getBytes", temporary: true, says }),
      witness.failure(transport.mkdir("made"), { code: "timeout", operation: "mkdir", effect: "unknown", says }),
    ];
    await Promise.all(failures);
    site.tap.stall(false);
    await works(transport);
  });

  it("silence in the middle of a get is timeout, never a short success, and works once the server speaks", async () => {
    const size = 24 * mebibyte;
    await site.seed("large", Buffer.alloc(size, "x"));
    const transport = transportWith({ ...hurried, connectTimeoutMs: 10_000 });
    const stream = await transport.get("large");
    let received = 0;
    const reading = (async () => {
      for await (const chunk of stream) {
        if (received === 0) site.tap.stall(true, "down");
        received += (chunk as Buffer).length;
      }
    })();
    await witness.failure(reading, {
      code: "timeout",
      operation: "get",
      temporary: true,
      says: /said nothing for 600 ms.*silenceTimeoutMs/,
    });
    expect(received).toBeLessThan(size);
    site.tap.stall(false);
    await works(transport);
  });

  it("silence in the middle of an atomic put is timeout, the old content is there, and no temporary once the server speaks", async () => {
    await site.seed("file", "the old content");
    const transport = transportWith({ ...hurried, connectTimeoutMs: 10_000 });
    await transport.stat("file");
    const content = (async function* () {
      yield Buffer.alloc(300_000);
      site.tap.stall();
      yield Buffer.alloc(300_000);
    })();
    await witness.failure(transport.put("file", content), {
      code: "timeout",
      operation: "put",
      path: "file",
      says: /said nothing for 600 ms/,
    });
    site.tap.stall(false);
    expect(String(await transport.getBytes("file"))).toBe("the old content");
    await expect.poll(() => site.names()).toEqual(["file"]);
  });

  it("a scope that closes while the server is silent settles, and tells every waiter", async () => {
    const transport = transportWith({ connectTimeoutMs: 20_000, drainTimeoutMs: 100 });
    site.tap.stall();
    const waiting = Array.from({ length: 20 }, (_, n) =>
      witness.failure(transport.has(`${n}`), { code: "closed", operation: "has", says: /get a new transport/ }),
    );
    await expect.poll(() => site.tap.accepted).toBe(1);
    await scope.close();
    await Promise.all(waiting);
  });
}

/** A private key behind a passphrase. */
function lockedKey(passphrase: string): string {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase },
  }).privateKey;
}

/** Content that cannot be read a second time, a part at a time. */
async function* slowly(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 100_000) {
    await new Promise((resolve) => setImmediate(resolve));
    yield content.subarray(at, at + 100_000);
  }
}
