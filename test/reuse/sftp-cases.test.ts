import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { SshOptions, Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope, getTransport } from "../../src/index.ts";
import { generateSshKey } from "../../src/drivers/ssh2-server.ts";
import type { SftpServer, SftpServerOptions } from "../../src/testing/servers/sftp-server.ts";
import { startSftpServer } from "../../src/testing/servers/sftp-server.ts";
import { fingerprintOf, toThisMachine } from "./sites.ts";

describe("reuse over SSH, counted by an in-process server", () => {
  let folder: string;
  let list: Transport[];
  const servers: SftpServer[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "samewire-"));
    list = [];
  });
  afterEach(async () => {
    await Promise.all(list.map((transport) => transport.disconnect()));
    await Promise.all(servers.splice(0).map((server) => server.close()));
    await rm(folder, { recursive: true });
  });

  async function start(options: SftpServerOptions = {}): Promise<SftpServer> {
    const server = await startSftpServer({ users: { joe: { password: "secret" } }, ...options });
    servers.push(server);
    return server;
  }

  function trusting(server: SftpServer, ssh: SshOptions = {}, more: TransportOptions = {}): TransportOptions {
    return {
      lookup: toThisMachine,
      ...more,
      ssh: {
        config: null,
        agent: null,
        identityFile: null,
        hostKeyFingerprints: server.hostKeys.map((key) => fingerprintOf(key.public)),
        ...ssh,
      },
    };
  }

  async function use(url: string, options?: TransportOptions): Promise<Transport> {
    const transport = getTransport(url, list, options);
    await transport.has("anything");
    return transport;
  }

  /** Uses a transport that may be refused: the server counts the connection all the same. */
  async function attempt(url: string, options?: TransportOptions): Promise<void> {
    await use(url, options).catch(() => undefined);
  }

  it("R6: the default port spelled out is the default port, without ssh_config", () => {
    const first = getTransport("sftp://joe@host.example/", list, { ssh: { config: null } });
    expect(getTransport("sftp://joe@host.example:22/b/", list)).not.toBe(first);
    expect(list).toHaveLength(1);
  });

  it("R6: with a Port in ssh_config, a port that was written beats it, and is another endpoint", async () => {
    const server = await start();
    const config = join(folder, "config");
    await writeFile(config, `Host alias\n  HostName 127.0.0.1\n  Port ${server.port}\n  User joe\n`);
    const options = trusting(server, { config }, { password: "secret", lookup: null });
    await use("sftp://alias/a/", options);
    await use(`sftp://joe@alias:${server.port}/b/`, options);
    await use(`sftp://joe@127.0.0.1:${server.port}/c/`, options);
    expect(server.accepted).toBe(1);
    expect(getTransport("sftp://alias:22/", list, options).explainReuse("sftp://alias/", options).reuse).toBe(false);
    expect(list).toHaveLength(2);
  });

  it("R5: a host in other case is the same host, unless ssh_config tells the two apart", async () => {
    for (const [text, shares] of [
      ["Host *\n  IdentityFile ~/one\n", true],
      ["Host PROD.example\n  IdentityFile ~/one\n", false],
      ["Host PROD.example\n  HostKeyAlias other\n", false],
      ["Host PROD.example\n  ProxyJump bastion\n", false],
    ] as const) {
      const config = await mkdtemp(join(folder, "config-")).then((made) => join(made, "config"));
      await writeFile(config, text);
      const options: TransportOptions = { ssh: { config } };
      const first = getTransport("sftp://joe@PROD.example/", [], options);
      expect(first.reuseConnectionFor("sftp://joe@PROD.EXAMPLE/b/", options) !== undefined, text).toBe(shares);
      expect(first.reuseConnectionFor("sftp://joe@prod.example/b/", options) !== undefined, text).toBe(shares);
      expect(first.reuseConnectionFor("sftp://joe@PROD.example/b/", options)).toBeDefined();
    }
  });

  it("R7: an international name and its ASCII form are one host", async () => {
    const server = await start();
    await use(`sftp://joe:secret@bücher.example:${server.port}/`, trusting(server));
    await use(`sftp://joe@xn--bcher-kva.example:${server.port}/b/`);
    await use(`sftp://joe@BÜCHER.example:${server.port}/c/`);
    expect(server.accepted).toBe(1);
  });

  it("R8: an IPv6 address, long and short", async () => {
    const server = await start({ host: "::1" });
    await use(`sftp://joe:secret@[::1]:${server.port}/`, trusting(server, {}, { lookup: null }));
    await use(`sftp://joe@[0:0:0:0:0:0:0:1]:${server.port}/b/`);
    expect(server.accepted).toBe(1);
  });

  it("R10: another key, key file, agent or passphrase needs its own wire; none against some as well; unsaid shares", async () => {
    const [mine, other] = [await generateSshKey("ed25519"), await generateSshKey("ed25519")];
    const server = await start({ users: { joe: { publicKeys: [mine.public, other.public] } } });
    const url = `sftp://joe@host.example:${server.port}/`;
    const withKey = (privateKey: string | null): TransportOptions => trusting(server, { privateKey });
    await use(url, withKey(mine.private));
    await use(`${url}deep/`);
    await use(`${url}same/`, withKey(mine.private));
    expect(server.accepted).toBe(1);
    await use(url, withKey(other.private));
    expect(server.accepted).toBe(2);
    await attempt(url, withKey(null));
    expect(server.accepted).toBe(3);

    const candidate = list[0] as Transport;
    for (const ssh of [
      { identityFile: join(folder, "key") },
      { agent: "/nowhere" },
      { passphrase: "x" },
    ] satisfies SshOptions[]) {
      expect(candidate.explainReuse(url, trusting(server, { privateKey: mine.private, ...ssh }))).toMatchObject({
        reuse: false,
      });
    }
  });

  it("R11: another known_hosts file, fingerprint, alias or host-key policy needs its own wire; unsaid shares", async () => {
    const server = await start();
    const file = join(folder, "known_hosts");
    await writeFile(file, server.knownHosts);
    const url = `sftp://joe@127.0.0.1:${server.port}/`;
    const base: TransportOptions = {
      password: "secret",
      ssh: { config: null, agent: null, identityFile: null, knownHosts: file },
    };
    await use(url, base);
    await use(`${url}b/`);
    expect(server.accepted).toBe(1);
    const candidate = list[0] as Transport;
    const others: SshOptions[] = [
      { knownHosts: join(folder, "other") },
      { knownHosts: null },
      { hostKeyFingerprints: "SHA256:x" },
      { hostKeyAlias: "other" },
      { unknownHostKey: "accept" },
    ];
    for (const ssh of others)
      expect(candidate.explainReuse(url, { ...base, ssh: { ...base.ssh, ...ssh } }), JSON.stringify(ssh)).toMatchObject(
        { reuse: false },
      );
    await attempt(url, { ...base, ssh: { ...base.ssh, knownHosts: null, unknownHostKey: "accept" } });
    expect(server.accepted).toBe(2);
  });

  it("R13: explicitly no local address or family is not what ssh_config says of it", async () => {
    const server = await start();
    const config = join(folder, "config");
    await writeFile(config, "BindAddress 127.0.0.2\nAddressFamily inet\n");
    const url = `sftp://joe:secret@127.0.0.1:${server.port}/`;
    const said = trusting(server, { config }, { lookup: null });
    await use(url, said);
    await use(`${url}b/`);
    expect(server.accepted).toBe(1);
    await use(`${url}c/`, { ...said, localAddress: null });
    expect(server.accepted).toBe(2);
    await use(`${url}d/`, { ...said, family: null });
    expect(server.accepted).toBe(3);
  });

  it("R14: another name resolution needs its own wire", async () => {
    const server = await start();
    const url = `sftp://joe:secret@host.example:${server.port}/`;
    await use(url, trusting(server));
    await use(
      url,
      trusting(server, {}, { lookup: (name, options, callback) => toThisMachine(name, options, callback) }),
    );
    expect(server.accepted).toBe(2);
  });

  /** Options for hosts behind a jump host, which are all in one known_hosts file. */
  async function behind(hosts: SftpServer[], jump: SftpServer | null): Promise<TransportOptions> {
    const knownHosts = join(folder, "known_hosts");
    await writeFile(knownHosts, hosts.map((server) => server.knownHosts).join(""));
    const proxyJump = jump === null ? null : `sftp://joe:secret@127.0.0.1:${jump.port}/`;
    return { password: "secret", ssh: { config: null, agent: null, identityFile: null, knownHosts, proxyJump } };
  }

  it("R15: an alias of one's own ssh_config is one for deep code that has its URL and the list only", async () => {
    const server = await start();
    const config = join(folder, "config");
    await writeFile(config, `Host alias\n  HostName 127.0.0.1\n  Port ${server.port}\n  User joe\n`);
    const options = trusting(server, { config }, { password: "secret", lookup: null });
    await using scope = new TransportScope();
    for (const possible of [list, scope]) {
      const before = server.accepted;
      for (const given of [options, undefined, { lookup: null }]) {
        const deep = given === undefined ? "sftp://alias/deep/below/" : "sftp://alias/";
        await getTransport(deep, possible, given).has("anything");
      }
      expect(server.accepted - before).toBe(1);
    }
    const [transport] = list as [Transport];
    expect(transport.reuseConnectionFor("sftp://alias/", { ssh: { config: null } })).toBeUndefined();
    expect(transport.reuseConnectionFor("sftp://alias/", { credentials: "explicit" })).toBeUndefined();
    expect(transport.reuseConnectionFor("sftp://another/")).toBeUndefined();
    expect(list).toHaveLength(1);
  });

  it("R17: another jump host, or none, needs its own wire", async () => {
    const hosts = [await start(), await start(), await start()] as const;
    const [target, one, two] = hosts;
    const url = `sftp://joe@127.0.0.1:${target.port}/`;
    await use(url, await behind([...hosts], one));
    await use(`${url}deep/`);
    expect([target.accepted, one.accepted, two.accepted]).toEqual([1, 1, 0]);
    await use(url, await behind([...hosts], two));
    expect([target.accepted, one.accepted, two.accepted]).toEqual([2, 1, 1]);
    await use(url, await behind([...hosts], null));
    expect([target.accepted, one.accepted, two.accepted]).toEqual([3, 1, 1]);
  });

  it("R17: two targets through one jump host make one connection to it, which the jump host's own URL shares", async () => {
    const hosts = [await start(), await start(), await start()] as const;
    const [first, second, jump] = hosts;
    const options = await behind([...hosts], jump);
    await using scope = new TransportScope();
    await Promise.all(
      [first, second].map((server) => scope.getTransport(`sftp://joe@127.0.0.1:${server.port}/`, options).has("x")),
    );
    expect([first.accepted, second.accepted, jump.accepted]).toEqual([1, 1, 1]);
    expect(jump.counts.sessions).toBe(0);
    await scope.getTransport(`sftp://joe@127.0.0.1:${jump.port}/`).has("x");
    expect(jump.accepted).toBe(1);
    expect(jump.counts.sessions).toBe(1);
  });

  it("R17: one address behind two jump hosts of ssh_config is two places, and without one a third", async () => {
    const hosts = [await start(), await start(), await start()] as const;
    const [target, one, two] = hosts;
    const config = join(folder, "config");
    const alias = (name: string, jump: SftpServer): string =>
      `Host ${name}\n  HostName 127.0.0.1\n  Port ${target.port}\n  User joe\n  ProxyJump joe@127.0.0.1:${jump.port}\n`;
    await writeFile(config, alias("here", one) + alias("there", two));
    const { ssh } = await behind([...hosts], null);
    const { proxyJump: _none, ...rest } = ssh ?? {};
    const options: TransportOptions = { credentials: () => "secret", ssh: { ...rest, config } };
    await use("sftp://here/", options);
    await use("sftp://here/deep/", options);
    expect([target.accepted, one.accepted, two.accepted]).toEqual([1, 1, 0]);
    await use("sftp://there/", options);
    expect([target.accepted, one.accepted, two.accepted]).toEqual([2, 1, 1]);
    await use(`sftp://joe@127.0.0.1:${target.port}/`, options);
    expect([target.accepted, one.accepted, two.accepted]).toEqual([3, 1, 1]);
    // Whoever said which way to go is not asked again.
    await use("sftp://there/", { ...options, ssh: { ...rest, config, proxyJump: null } });
    expect([target.accepted, one.accepted, two.accepted]).toEqual([4, 1, 1]);
    const [direct] = list.slice(-1) as [Transport];
    expect(direct.reuseConnectionFor("sftp://there/deep/", { ssh: { config } })).toBeDefined();
    expect(direct.reuseConnectionFor("sftp://here/deep/", { ssh: { config } })).toBeUndefined();
  });

  it("R19: a URL from remote content that names the caller's user gets nothing of the caller's", async () => {
    const server = await start();
    const url = `sftp://joe@127.0.0.1:${server.port}/`;
    await use(url, trusting(server, {}, { password: "secret", lookup: null }));
    await attempt(`${url}from-a-page/`, trusting(server, {}, { credentials: "explicit", lookup: null }));
    expect(server.accepted).toBe(2);
    expect(server.counts.logins["password"]).toBe(1);
  });

  it("R21: a hundred first operations ask for one password", async () => {
    const server = await start();
    let asked = 0;
    const credentials = (): string => {
      asked++;
      return "secret";
    };
    const transport = getTransport(
      `sftp://joe@127.0.0.1:${server.port}/`,
      list,
      trusting(server, {}, { credentials, lookup: null }),
    );
    await Promise.all(Array.from({ length: 100 }, (_, n) => transport.has(`${n}`)));
    expect([asked, server.accepted]).toEqual([1, 1]);
  });
});
