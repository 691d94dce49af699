import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { HostKeyQuestion, TransportOptions } from "../../../src/index.ts";
import { getTransport } from "../../../src/index.ts";
import { fingerprintOf } from "../../../src/schemes/sftp/host-key.ts";
import type { SftpServer } from "../../../src/testing.ts";
import { generateSshKey } from "../../../src/testing.ts";
import { LoginSite } from "./login-site.ts";

const site = new LoginSite();
const { start, options, keyFile } = site;
beforeEach(() => site.open());
afterEach(() => site.close());

describe("a host key", () => {
  const password = { password: "secret" };

  it("that is on no record is refused, with its fingerprint, and latches", async () => {
    const server = await start();
    writeFileSync(join(site.folder, "known_hosts"), "");
    const transport = getTransport(server.url, site.list, options(password));
    for (let times = 0; times < 3; times++) {
      await expect(transport.stat("")).rejects.toMatchObject({
        code: "host-key-unknown",
        message: expect.stringContaining(fingerprint(server)),
      });
    }
    expect(server.accepted).toBe(1);
    expect(readFileSync(join(site.folder, "known_hosts"), "utf8")).toBe("");
  });

  it("is accepted for this connection, or recorded, where that is asked for", async () => {
    const server = await start();
    const file = join(site.folder, "new", "known_hosts");
    await getTransport(server.url, [], options(password, { knownHosts: file, unknownHostKey: "accept" })).connect();
    await expect(getTransport(server.url, [], options(password, { knownHosts: file })).connect()).rejects.toMatchObject(
      { code: "host-key-unknown" },
    );
    await getTransport(
      server.url,
      [],
      options(password, { knownHosts: file, unknownHostKey: "accept-and-record" }),
    ).connect();
    expect(readFileSync(file, "utf8")).toBe(server.knownHosts);
    await getTransport(server.url, [], options(password, { knownHosts: file })).connect();
  });

  it("is put to a callback once, also when the connection heals", async () => {
    const server = await start();
    writeFileSync(join(site.folder, "known_hosts"), "");
    const asked: HostKeyQuestion[] = [];
    const unknownHostKey = async (question: HostKeyQuestion): Promise<"accept"> => {
      asked.push(question);
      return "accept";
    };
    const transport = getTransport(server.url, site.list, options(password, { unknownHostKey }));
    await transport.stat("");
    server.sever();
    await transport.stat("");
    expect(server.accepted).toBe(2);
    expect(asked).toEqual([
      { host: "127.0.0.1", port: server.port, keyType: "ssh-ed25519", fingerprint: fingerprint(server) },
    ]);
  });

  it("that changed is refused, with file and line, whatever unknown ones are answered with", async () => {
    const server = await start();
    const other = await generateSshKey("ed25519");
    const file = join(site.folder, "known_hosts");
    writeFileSync(file, `# a comment\n[127.0.0.1]:${server.port} ${other.public}\n`);
    const transport = getTransport(server.url, site.list, options(password, { unknownHostKey: "accept-and-record" }));
    await expect(transport.connect()).rejects.toMatchObject({
      code: "host-key-changed",
      message: expect.stringContaining(`${file} line 2`),
    });
    expect(server.counts.logins).toEqual({});
  });

  it("is asked for by the types on record: an RSA record works against a server that also has Ed25519", async () => {
    const server = await start({ hostKeyTypes: ["ed25519", "rsa"] });
    writeFileSync(
      join(site.folder, "known_hosts"),
      server.knownHosts
        .split("\n")
        .filter((line) => line.includes("ssh-rsa"))
        .join("\n"),
    );
    await getTransport(server.url, site.list, options(password)).connect();
  });

  it("may be pinned by its fingerprint: then no file is read, and no other key is accepted", async () => {
    const server = await start();
    const nowhere = join(site.folder, "nowhere");
    const pinned = (hostKeyFingerprints: string): TransportOptions =>
      options(password, { knownHosts: nowhere, hostKeyFingerprints });
    await getTransport(server.url, [], pinned(fingerprint(server))).connect();
    const other = `SHA256:${"A".repeat(43)}`;
    await expect(getTransport(server.url, [], pinned(other)).connect()).rejects.toMatchObject({
      code: "host-key-changed",
      message: expect.stringContaining(fingerprint(server)),
    });
  });

  it("is not taken for a changed one where a pin can match no key: the pin is told, and how to get a fingerprint", async () => {
    const server = await start();
    const pinned = (hostKeyFingerprints: string | string[]): Promise<void> =>
      getTransport(server.url, [], options(password, { hostKeyFingerprints })).connect();
    const right = fingerprint(server);
    const other = `SHA256:${"A".repeat(43)}`;
    const digest = Buffer.from(right.slice("SHA256:".length), "base64");
    const malformed = [
      right.toLowerCase(),
      right.slice(0, -1),
      digest.toString("hex"),
      "MD5:27:e3:f2:0b:27:04:52:76:31:57:0a:5b:9f:c0:8a:54",
      `256 ${right} server (ECDSA)`,
      "",
    ];
    for (const pin of malformed)
      for (const pins of [pin, [other, pin]]) {
        const failure = await pinned(pins).catch((error: unknown) => error as Error);
        expect(failure, pin).toMatchObject({
          code: "host-key-unknown",
          hint: expect.stringContaining("ssh-keygen -lf"),
        });
        expect((failure as Error).message).toContain(`"${pin}" is no SHA256 fingerprint`);
        expect((failure as Error).message).toContain(right);
      }
    await expect(pinned(`a\u001b[2J${"b".repeat(4096)}`)).rejects.toThrow(
      /"a \[2Jb{100,200}…" is no SHA256 fingerprint/,
    );
    await pinned([...malformed, right]);
    await pinned([...malformed, `${right.slice("SHA256:".length)}=`]);
    await expect(pinned([other, other])).rejects.toMatchObject({ code: "host-key-changed" });
  });

  it("is looked up under the alias that is given", async () => {
    const server = await start();
    writeFileSync(join(site.folder, "known_hosts"), `the-alias ${server.hostKeys[0]?.public}\n`);
    await getTransport(server.url, site.list, options(password, { hostKeyAlias: "the-alias" })).connect();
  });

  function fingerprint(server: SftpServer): string {
    return fingerprintOf(Buffer.from(server.hostKeys[0]?.public.split(" ")[1] ?? "", "base64"));
  }
});

describe("ssh_config", () => {
  it("gives host, port, user, key and known_hosts file", async () => {
    const { file, line } = await keyFile("id");
    const server = await start({ users: { joe: { publicKeys: [line] } } });
    const config = join(site.folder, "config");
    const lines = [
      `HostName 127.0.0.1`,
      `Port ${server.port}`,
      `User joe`,
      `IdentityFile ${file}`,
      `UserKnownHostsFile ${join(site.folder, "known_hosts")}`,
    ];
    writeFileSync(config, `Host work\n  ${lines.join("\n  ")}\n`);
    const transport = getTransport("sftp://work/~/", site.list, { ssh: { config, agent: null } });
    await transport.put("file", "content");
    expect(String(await transport.getBytes("file"))).toBe("content");
  });

  it("of two aliases of one host, each with its own key, gives two wires; with the same, one", async () => {
    const [work, home] = [await keyFile("work"), await keyFile("home")];
    const server = await start({ users: { joe: { publicKeys: [work.line, home.line] } } });
    const config = join(site.folder, "config");
    const host = (name: string, key: string): string =>
      `Host ${name}\n  HostName 127.0.0.1\n  Port ${server.port}\n  User joe\n  IdentityFile ${key}\n`;
    writeFileSync(config, host("work", work.file) + host("home", home.file) + host("also-work", work.file));
    const trusting = { ssh: { config, agent: null, knownHosts: join(site.folder, "known_hosts") } };
    for (const alias of ["work", "home", "also-work", "work"])
      await getTransport(`sftp://${alias}/~/`, site.list, trusting).stat("");
    expect(server.accepted).toBe(2);
  });

  it("sets the connect limit where the caller does not", async () => {
    const server = await start({ onLogin: () => "silence" });
    const config = join(site.folder, "config");
    writeFileSync(config, "Host *\n  ConnectTimeout 1\n");
    const slow = { password: "secret", ssh: { config, agent: null, knownHosts: join(site.folder, "known_hosts") } };
    await expect(getTransport(server.url, site.list, slow).connect()).rejects.toMatchObject({
      code: "timeout",
      message: expect.stringContaining("1000 ms"),
    });
    await expect.poll(() => server.open).toBe(0);
  });
});

describe("a jump host", () => {
  it("is connected to once, for two targets and for itself, and is closed with whoever owns it", async () => {
    const [jump, one, two] = [await start(), await start(), await start()];
    const through = options({ credentials: { ask: () => "secret" } }, { proxyJump: `joe@127.0.0.1:${jump.port}` });
    const transports = [
      getTransport(one.url, site.list, through),
      getTransport(two.url, site.list, through),
      getTransport(jump.url, site.list),
    ];
    await Promise.all(transports.map((transport) => transport.put("file", "content")));
    expect([jump.accepted, one.accepted, two.accepted]).toEqual([1, 1, 1]);
    expect(jump.counts).toMatchObject({ forwards: 2, sessions: 1 });

    const owner = getTransport(one.url, undefined, through);
    await owner.stat("");
    expect(jump.open).toBe(2);
    await owner[Symbol.asyncDispose]();
    await expect.poll(() => [jump.open, one.open]).toEqual([1, 1]);
  });

  it("that breaks takes what goes through it along, and both heal", async () => {
    const [jump, behind] = [await start(), await start()];
    const through = options({ credentials: { ask: () => "secret" } }, { proxyJump: `joe@127.0.0.1:${jump.port}` });
    const transport = getTransport(behind.url, site.list, through);
    await transport.put("file", "content");
    jump.sever();
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect([jump.accepted, behind.accepted]).toEqual([2, 2]);
  });

  it("may be behind another one", async () => {
    const [first, second, behind] = [await start(), await start(), await start()];
    const proxyJump = [`joe@127.0.0.1:${first.port}`, `joe@127.0.0.1:${second.port}`];
    const transport = getTransport(
      behind.url,
      site.list,
      options({ credentials: { ask: () => "secret" } }, { proxyJump }),
    );
    await transport.put("file", "content");
    expect([first, second, behind].map(({ accepted }) => accepted)).toEqual([1, 1, 1]);
    expect([first, second].map(({ counts }) => counts.sessions)).toEqual([0, 0]);
  });

  it("that refuses the login is what the failure names", async () => {
    const [jump, behind] = [await start(), await start()];
    const through = options({ password: "secret" }, { proxyJump: `sftp://joe:wrong@127.0.0.1:${jump.port}/` });
    await expect(getTransport(behind.url, site.list, through).stat("")).rejects.toMatchObject({
      code: "authentication-failed",
    });
    expect(behind.accepted).toBe(0);
  });

  it("in a circle is refused", async () => {
    const config = join(site.folder, "config");
    writeFileSync(config, "Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n");
    expect(() => getTransport("sftp://joe@a/", site.list, { ssh: { config } })).toThrow(/circle/);
  });
});
