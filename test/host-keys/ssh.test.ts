import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope, getTransport } from "../../src/index.ts";
import type { SftpServer, SftpServerOptions, SshLoginAttempt } from "../../src/testing.ts";
import { generateSshKey, startSftpServer } from "../../src/testing.ts";
import { openDoor } from "../bad-day/door.ts";
import type { ScriptedProxy } from "../bad-day/scripted-proxy.ts";
import { startOpenProxy } from "../bad-day/scripted-proxy.ts";
import { toThisMachine } from "../reuse/sites.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { startSocks } from "../servers/socks.ts";
import { leadTo } from "./lead-to.ts";
import { paths } from "./paths.ts";

const password = "never said to a stranger";
const key = await generateSshKey("ed25519");

/** A server, and every request to be let in that came to it. */
interface Watched {
  readonly server: SftpServer;
  readonly attempts: SshLoginAttempt[];
}

/** OpenSSH, to which the login is sent ahead of every answer, and one to which it is not. */
const idents = ["OpenSSH_9.2p1", "Other_1.0"];

describe.each(idents)("with nothing configured, a host whose key is unknown (%s)", (ident) => {
  let home: string;
  let agent: Server;
  let agentAsked = 0;
  const started: AsyncDisposable[] = [];
  const before = { HOME: process.env["HOME"], SSH_AUTH_SOCK: process.env["SSH_AUTH_SOCK"] };

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), "samewire-home-"));
    mkdirSync(join(home, ".ssh"), { mode: 0o700 });
    // A key that signs at once, and an agent: what the driver would send ahead.
    writeFileSync(join(home, ".ssh/id_ed25519"), key.private, { mode: 0o600 });
    agentAsked = 0;
    agent = createServer(() => agentAsked++);
    const socket = join(home, "agent");
    await new Promise<void>((resolve) => agent.listen(socket, resolve));
    process.env["HOME"] = home;
    process.env["SSH_AUTH_SOCK"] = socket;
  });
  afterEach(async () => {
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    for (const one of started.splice(0).toReversed()) await one[Symbol.asyncDispose]();
    await new Promise((resolve) => agent.close(resolve));
    rmSync(home, { recursive: true });
  });

  async function start(options: SftpServerOptions = {}): Promise<Watched> {
    const attempts: SshLoginAttempt[] = [];
    const server = await startSftpServer({
      ident,
      users: { joe: { password, publicKeys: [key.public] } },
      onLogin: (attempt) => {
        attempts.push(attempt);
        return "answer";
      },
      ...options,
    });
    started.push(server);
    return { server, attempts };
  }

  function know(...servers: readonly SftpServer[]): void {
    writeFileSync(join(home, ".ssh/known_hosts"), servers.map(({ knownHosts }) => knownHosts).join(""));
  }

  /** The files of ssh_config are believed for 50 ms without a look at them: whoever asks afterwards sees what was written. */
  async function configure(...lines: readonly string[]): Promise<void> {
    writeFileSync(join(home, ".ssh/config"), `${lines.join("\n  ")}\n`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  /** What is to be said of it: that it is unknown, and how to come to know it; and to the server nothing at all. */
  async function expectRefused(
    work: Promise<unknown>,
    { attempts, server }: Watched,
    code = "host-key-unknown",
  ): Promise<void> {
    const error: unknown = await work.then(
      (answer) => expect.unreachable(`it was let through: ${String(answer)}`),
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code, effect: "none" });
    expect(String(error)).toMatch(/SHA256:/);
    expect(String(error)).not.toContain(password);
    expect(attempts, "requests to be let in").toEqual([]);
    expect(server.counts.sessions + server.counts.forwards).toBe(0);
    expect(agentAsked, "questions to the agent").toBe(0);
  }

  it("was met at all: once it is known, the same login is let in", async () => {
    const watched = await start();
    know(watched.server);
    const transport = getTransport(`sftp://joe@127.0.0.1:${watched.server.port}/`, []);
    // The agent of these tests says nothing: it is not waited for.
    delete process.env["SSH_AUTH_SOCK"];
    expect(await transport.has("")).toBe(true);
    expect(watched.attempts.length).toBeGreaterThan(0);
    await transport.disconnect();
  });

  it.each(Object.keys(paths))("is refused before anything is said to it: %s", async (name) => {
    const path = paths[name] as (typeof paths)[string];
    const watched = await start();
    await expectRefused(path(`sftp://joe@127.0.0.1:${watched.server.port}/`, {}), watched);
    await expectRefused(path(`sftp://joe@127.0.0.1:${watched.server.port}/`, { password }), watched);
    expect(recordedIn(home)).toBe("");
  });

  it("is refused whatever there is to log in with, and nobody is asked for it", async () => {
    const watched = await start();
    let asked = 0;
    const ways: readonly TransportOptions[] = [
      { ssh: { privateKey: key.private } },
      { ssh: { identityFile: join(home, ".ssh/id_ed25519") } },
      { credentials: () => (asked++, password) },
      { credentials: { ask: () => (asked++, password), provenance: "explicit" }, password },
    ];
    for (const options of ways)
      await expectRefused(getTransport(`sftp://joe@127.0.0.1:${watched.server.port}/`, [], options).stat(""), watched);
    const url = `sftp://joe:${encodeURIComponent(password)}@127.0.0.1:${watched.server.port}/`;
    await expectRefused(getTransport(url, []).stat(""), watched);
    expect(asked).toBe(0);
  });

  it("is refused over IPv6, by a lookup of one's own, and from an address of one's own", async () => {
    const six = await start({ host: "::1" });
    await expectRefused(
      getTransport(`sftp://joe:${encodeURIComponent(password)}@[::1]:${six.server.port}/`, []).stat(""),
      six,
    );
    const four = await start();
    const url = `sftp://joe@server.example:${four.server.port}/`;
    await expectRefused(getTransport(url, [], { password, lookup: toThisMachine }).stat(""), four);
    const own = getTransport(`sftp://joe@127.0.0.1:${four.server.port}/`, [], { password, localAddress: "127.0.0.2" });
    await expectRefused(own.stat(""), four);
    // Another name of it is on record.
    know(four.server);
    await expectRefused(getTransport(url, [], { password, lookup: toThisMachine }).stat(""), four);
  });

  it("is refused as a jump host, and the host behind it hears nothing", async () => {
    const [jump, behind] = [await start(), await start()];
    know(behind.server);
    const proxyJump = `joe@127.0.0.1:${jump.server.port}`;
    const url = `sftp://joe@127.0.0.1:${behind.server.port}/`;
    await expectRefused(getTransport(url, [], { password, ssh: { proxyJump } }).stat(""), jump);
    const withPassword = `sftp://joe:${encodeURIComponent(password)}@127.0.0.1:${jump.server.port}/`;
    await expectRefused(getTransport(url, [], { ssh: { proxyJump: withPassword } }).stat(""), jump);
    expect(behind.server.accepted).toBe(0);
  });

  it("is refused behind a jump host that is known, also where ssh_config names that", async () => {
    const [jump, behind] = [await start(), await start()];
    know(jump.server);
    delete process.env["SSH_AUTH_SOCK"];
    const refused = async (url: string, options: TransportOptions): Promise<void> => {
      await using scope = new TransportScope();
      const error: unknown = await scope
        .getTransport(url, options)
        .stat("")
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "host-key-unknown" });
      expect(behind.attempts).toEqual([]);
    };
    const proxyJump = `joe@127.0.0.1:${jump.server.port}`;
    await refused(`sftp://joe@127.0.0.1:${behind.server.port}/`, { ssh: { proxyJump } });
    expect(jump.server.counts.forwards).toBe(1);
    await configure("Host far", "HostName 127.0.0.1", `Port ${behind.server.port}`, `ProxyJump ${proxyJump}`);
    await refused("sftp://joe@far/", {});
    expect(jump.server.counts.forwards).toBe(2);
  });

  it("is refused under the name that ssh_config gives it", async () => {
    const watched = await start();
    await configure(
      "Host alias",
      "HostName 127.0.0.1",
      `Port ${watched.server.port}`,
      "User joe",
      "HostKeyAlias nobody",
    );
    know(watched.server);
    await expectRefused(getTransport("sftp://alias/", [], { password }).stat(""), watched);
  });

  it("is refused behind an HTTP proxy", async () => {
    const watched = await start();
    const proxy: ScriptedProxy = await startOpenProxy();
    started.push(proxy);
    const url = `sftp://joe@127.0.0.1:${watched.server.port}/`;
    await expectRefused(getTransport(url, [], { password, proxy: proxy.url() }).stat(""), watched);
    expect(proxy.accepted).toBe(1);
  });

  it.runIf(hasProgram("microsocks"))(titleNeeding("microsocks", "is refused behind a SOCKS proxy"), async () => {
    const watched = await start();
    const socks = await startSocks();
    started.push({ [Symbol.asyncDispose]: () => socks.stop() });
    for (const scheme of ["socks5", "socks5h"] as const) {
      const url = `sftp://joe@127.0.0.1:${watched.server.port}/`;
      await expectRefused(getTransport(url, [], { password, proxy: socks.url({}, scheme) }).stat(""), watched);
    }
    await expect.poll(() => socks.accepted).toBe(2);
  });

  it("is refused although a candidate trusts it: by what was said for that one alone", async () => {
    const watched = await start();
    const list: Transport[] = [];
    const url = `sftp://joe@127.0.0.1:${watched.server.port}/`;
    const trusting = getTransport(url, list, { password, ssh: { unknownHostKey: "accept", agent: null } });
    expect(await trusting.has("")).toBe(true);
    watched.attempts.length = 0;
    // The wire that is there is its own server's: the list is its caller's.
    expect(await getTransport(`${url}a/`, list).has("..")).toBe(true);
    expect(watched.attempts).toEqual([]);
    const options: TransportOptions = { password, credentials: "explicit" };
    const explicit = getTransport(url, list, options);
    await expect(explicit.stat("")).rejects.toMatchObject({ code: "host-key-unknown" });
    await expect(getTransport(url, list, { ssh: { unknownHostKey: "refuse" } }).stat("")).rejects.toMatchObject({
      code: "host-key-unknown",
    });
    expect(watched.attempts).toEqual([]);
    await trusting.disconnect();
  });

  it("is refused when a connection is made anew and another key is shown: what was known does not help it", async () => {
    const [known, stranger] = [await start(), await start()];
    const door = await openDoor(known.server.port);
    started.push(door);
    writeFileSync(
      join(home, ".ssh/known_hosts"),
      known.server.knownHosts.replace(String(known.server.port), String(door.port)),
    );
    delete process.env["SSH_AUTH_SOCK"];
    const transport = getTransport(`sftp://joe@127.0.0.1:${door.port}/`, [], { password });
    expect(await transport.has("")).toBe(true);
    known.server.sever();
    door.welcome = leadTo(stranger.server.port);
    for (const work of [() => transport.stat(""), () => transport.put("file", "x"), () => transport.connect()])
      await expectRefused(work(), stranger, "host-key-changed");
    await transport.disconnect();
  });

  it("is asked about again when a connection is made anew and shows another key than the one that was accepted", async () => {
    const [first, second] = [await start(), await start()];
    const door = await openDoor(first.server.port);
    started.push(door);
    delete process.env["SSH_AUTH_SOCK"];
    const fingerprints: string[] = [];
    const unknownHostKey = ({ fingerprint }: { readonly fingerprint: string }): "accept" | "refuse" =>
      fingerprints.push(fingerprint) === 1 ? "accept" : "refuse";
    const transport = getTransport(`sftp://joe@127.0.0.1:${door.port}/`, [], { password, ssh: { unknownHostKey } });
    expect(await transport.has("")).toBe(true);
    first.server.sever();
    door.welcome = leadTo(second.server.port);
    await expectRefused(transport.stat(""), second);
    expect(new Set(fingerprints).size).toBe(2);
    await transport.disconnect();
  });
});

/** What somebody wrote on record. */
function recordedIn(home: string): string {
  const file = join(home, ".ssh/known_hosts");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
