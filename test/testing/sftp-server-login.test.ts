import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";

import type { Client, ClientChannel } from "ssh2";
import { afterEach, describe, expect, it } from "vitest";

import type { SshLoginAttempt } from "../../src/drivers/ssh-server.ts";
import { generateSshKey } from "../../src/drivers/ssh2-server.ts";
import { getTransport } from "../../src/index.ts";
import type { SftpServer, SftpServerOptions } from "../../src/testing/servers/sftp-server.ts";
import { startSftpServer } from "../../src/testing/servers/sftp-server.ts";
import { BareClients, call, ended, received } from "./bare-client.ts";

const clients = new BareClients();
const servers: SftpServer[] = [];

afterEach(async () => {
  clients.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options?: SftpServerOptions): Promise<SftpServer> {
  const server = await startSftpServer(options);
  servers.push(server);
  return server;
}

describe("logging in to the in-process server", () => {
  it("wants the right password of a user it knows", async () => {
    const server = await start();
    await clients.open(server);
    await expect(clients.open(server, { password: "wrong" })).rejects.toThrow(/authentication/);
    await expect(clients.open(server, { username: "constructor" })).rejects.toThrow(/authentication/);
    expect(server.counts.logins.password).toBe(3);
  });

  it("has the fingerprints that a program trusts it by", async () => {
    const [server, other] = [await start({ hostKeyTypes: ["rsa", "ed25519"] }), await start()];
    const trusting = ({ hostKeyFingerprints }: SftpServer): Promise<void> =>
      getTransport(server.url, [], { password: server.password, ssh: { config: null, hostKeyFingerprints } }).connect();
    await trusting(server);
    await expect(trusting(other)).rejects.toMatchObject({ code: "host-key-changed" });
  });

  it.each(["ed25519", "ecdsa", "rsa"] as const)("lets in by an authorised %s key, and by no other", async (type) => {
    const [known, unknown] = [await generateSshKey(type), await generateSshKey(type)];
    const server = await start({ users: { joe: { publicKeys: [known.public] } } });
    await clients.open(server, { username: "joe", privateKey: known.private });
    expect(server.counts.logins).toEqual({ none: 1, "publickey-query": 1, publickey: 1 });
    await expect(clients.open(server, { username: "joe", privateKey: unknown.private })).rejects.toThrow(
      /authentication/,
    );
    expect(server.counts.logins.publickey).toBe(1);
  });

  it("makes keys that are all well-formed", async () => {
    const { utils } = await import("ssh2");
    // Many, because ssh2 itself makes one of 256 that it cannot read.
    for (let made = 0; made < 1500; made++) {
      const key = await generateSshKey("ed25519");
      expect([utils.parseKey(key.public), utils.parseKey(key.private)].some((parsed) => parsed instanceof Error)).toBe(
        false,
      );
    }
  });

  it("does not believe a signature of another key", async () => {
    const [known, forged] = [await generateSshKey("ed25519"), await generateSshKey("ed25519")];
    const server = await start({ users: { joe: { publicKeys: [known.public] } } });
    const { utils } = await import("ssh2");
    const [publicKey, privateKey] = [utils.parseKey(known.public), utils.parseKey(forged.private)];
    if (publicKey instanceof Error || privateKey instanceof Error) throw new Error("not a key");
    const mixed = Object.assign(Object.create(privateKey) as typeof privateKey, {
      getPublicSSH: () => publicKey.getPublicSSH(),
    });
    const methods: unknown[] = [{ type: "publickey", username: "joe", key: mixed }, false];
    const authHandler = (_left: unknown, _partial: unknown, next: (method: unknown) => void): void =>
      next(methods.shift());
    await expect(clients.open(server, { username: "joe", authHandler: authHandler as never })).rejects.toThrow();
    expect(server.counts.logins).toEqual({ "publickey-query": 1, publickey: 1 });
  });

  it("asks the prompts of keyboard-interactive, and wants every answer", async () => {
    const prompts = [
      { text: "Token: ", echo: true, answer: "123" },
      { text: "PIN: ", echo: false, answer: "456" },
    ];
    const server = await start({ users: { joe: { prompts } } });
    const shown: unknown[] = [];
    const logIn = (answers: string[]): Promise<Client> =>
      clients.open(server, { username: "joe", tryKeyboard: true }, (client) =>
        client.on("keyboard-interactive", (_name, _instructions, _language, asked, finish) => {
          shown.push(...asked);
          finish(answers);
        }),
      );
    await logIn(["123", "456"]);
    expect(shown).toEqual([
      { prompt: "Token: ", echo: true },
      { prompt: "PIN: ", echo: false },
    ]);
    await expect(logIn(["123"])).rejects.toThrow(/authentication/);
  });

  it("leaves what becomes of an attempt to a test, now or later", async () => {
    let letIn = (): void => undefined;
    const attempts: SshLoginAttempt[] = [];
    const server = await start({
      onLogin: (attempt) => {
        attempts.push(attempt);
        if (attempts.length === 1) return "refuse";
        return new Promise((resolve) => {
          letIn = () => resolve("answer");
        });
      },
    });
    await expect(clients.open(server, { authHandler: ["password"] as never })).rejects.toThrow(/authentication/);
    const second = clients.open(server, { authHandler: ["password"] as never });
    while (attempts.length < 2) await new Promise((resolve) => setImmediate(resolve));
    letIn();
    await second;
    expect(attempts).toEqual([
      { user: "joe", method: "password" },
      { user: "joe", method: "password" },
    ]);
  });

  it("shows its banner, and who it is", async () => {
    const server = await start({ banner: "Authorised use only", ident: "Elsewhere_1.0" });
    const heard: unknown[] = [];
    const debug = (text: string): unknown => text.includes("Remote ident") && heard.push(text);
    await clients.open(server, { debug }, (client) => client.on("banner", (text) => heard.push(text.trim())));
    expect(heard).toEqual([expect.stringContaining("SSH-2.0-Elsewhere_1.0"), "Authorised use only"]);
  });
});

describe("channels of the in-process server", () => {
  it("refuses sessions beyond its limit, and gives way when one closes", async () => {
    const server = await start({ maxSessions: 2 });
    const client = await clients.open(server);
    const [first] = [await clients.session(client), await clients.session(client)];
    for (let time = 0; time < 2; time++) await expect(clients.session(client)).rejects.toThrow(/open failure/);
    const closed = once(first, "close");
    first.end();
    await closed;
    await clients.session(client);
    expect(server.counts.sessions).toBe(3);
  });

  it("offers neither a shell, nor commands, nor other subsystems", async () => {
    const client = await clients.open(await start());
    await expect(call((done) => client.shell(done))).rejects.toThrow();
    await expect(call((done) => client.exec("id", done))).rejects.toThrow();
    await expect(call((done) => client.subsys("netconf", done))).rejects.toThrow();
  });

  it("forwards as a jump host does, to this machine only, and where something answers", async () => {
    const echo = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
    await once(echo, "listening");
    const { port } = echo.address() as AddressInfo;
    const server = await start();
    const client = await clients.open(server);
    const to = (host: string, at: number): Promise<ClientChannel> =>
      call<ClientChannel>((done) => client.forwardOut("127.0.0.1", 0, host, at, done));
    const channel = await to("127.0.0.1", port);
    const content = Buffer.alloc(3_000_000, "forwarded");
    channel.write(content);
    expect((await received(channel, content.length)).equals(content)).toBe(true);
    await expect(to("192.0.2.1", 80)).rejects.toThrow();
    expect(server.counts.forwards).toBe(1);
    // The connection through it ends with the one to it.
    const over = once(echo, "close");
    echo.close();
    const gone = ended(client);
    server.sever();
    await gone;
    await over;
    const again = await clients.open(server);
    await expect(call((done) => again.forwardOut("127.0.0.1", 0, "127.0.0.1", port, done))).rejects.toThrow();
  });

  it("does not forward where it is told so", async () => {
    const server = await start({ forwards: false });
    const client = await clients.open(server);
    await expect(call((done) => client.forwardOut("127.0.0.1", 0, "127.0.0.1", server.port, done))).rejects.toThrow();
    expect(server.counts.forwards).toBe(0);
  });
});
