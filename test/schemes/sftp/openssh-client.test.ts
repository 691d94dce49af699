import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import type { SshOptions, Transport, TransportOptions } from "../../../src/index.ts";
import { TransportScope, getTransport } from "../../../src/index.ts";
import { freePort } from "../../servers/free-port.ts";
import { hasProgram, titleNeeding } from "../../servers/find-servers.ts";
import type { OpenSshServer } from "../../servers/openssh.ts";
import { startOpenSsh } from "../../servers/openssh.ts";
import { otherEd25519 } from "./keys.ts";
import { temporaryDirectory } from "./openssh-client.ts";
import { processLines, sshProcesses } from "./openssh-processes.ts";

const canRun = hasProgram("openssh-server") && hasProgram("openssh-client");
const title = titleNeeding("openssh-client", titleNeeding("openssh-server", 'ssh: { client: "openssh" }'));

describe.runIf(canRun)(title, () => {
  let server: OpenSshServer;
  let folder: ReturnType<typeof temporaryDirectory>;
  let list: Transport[];

  beforeAll(async () => {
    // What ssh would like better takes it a tenth of a second each time.
    server = await startOpenSsh({ config: ["KexAlgorithms curve25519-sha256"] });
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    folder = temporaryDirectory();
    list = [];
  });
  afterEach(async () => {
    await Promise.all(list.map((transport) => transport.disconnect()));
    folder[Symbol.dispose]();
    // Nothing is left, whatever became of it.
    expect(sshProcesses(server.folder)).toEqual([]);
  });

  function options(ssh: SshOptions = {}, more: TransportOptions = {}): TransportOptions {
    const { identityFile, knownHostsFile: knownHosts } = server;
    return { ...more, ssh: { client: "openssh", config: null, agent: null, identityFile, knownHosts, ...ssh } };
  }

  function open(ssh: SshOptions = {}, more: TransportOptions = {}): Transport {
    return getTransport(server.url(), list, options(ssh, more));
  }

  async function file(name: string, text: string): Promise<string> {
    await writeFile(folder.file(name), text, { mode: 0o600 });
    return folder.file(name);
  }

  it("is one process and one login for any number of directories, also for code that has the URL and the list alone", async () => {
    const before = server.logins;
    const transport = open();
    await Promise.all(Array.from({ length: 40 }, (_, n) => transport.clone(`many/${n}`).createPrefix()));
    await getTransport(server.url(join(server.root, "many/7/")), list).put("file", "content");
    expect(await readFile(join(server.root, "many/7/file"), "utf8")).toBe("content");
    expect(sshProcesses(server.folder)).toHaveLength(1);
    expect(list).toHaveLength(1);
    await expect.poll(() => server.logins - before).toBe(1);
  });

  it("is told by a scope like any other wire", async () => {
    await using scope = new TransportScope();
    await scope.getTransport(server.url(), options()).put("reported", Buffer.alloc(100_000));
    const [connection] = scope.report().connections;
    expect(connection).toMatchObject({ label: `sftp://${server.user}@127.0.0.1:${server.port}`, state: "ready" });
    expect(connection).toMatchObject({ wiresOpened: 1, wiresOpen: 1, wiresLost: 0 });
    expect(connection?.bytesSent).toBeGreaterThan(100_000);
    expect(connection?.bytesReceived).toBeGreaterThan(0);
  });

  it("shares nothing with the client that is built in, which is the same said or unsaid", async () => {
    await open().has("x");
    const { client: _client, ...others } = options().ssh ?? {};
    expect(list[0]?.explainReuse(server.url(), { ssh: { client: "ssh2" } }).reuse).toBe(false);
    await getTransport(server.url(), list, { ssh: { ...others, client: "ssh2" } }).has("x");
    expect(list).toHaveLength(2);
    expect(list[1]?.explainReuse(server.url(), { credentials: "explicit", ssh: others }).reuse).toBe(true);
    expect(sshProcesses(server.folder)).toHaveLength(1);
  });

  it("that is killed is a lost connection, which heals with the next verb", async () => {
    const transport = open();
    await transport.put("file", "content");
    const [first = 0] = sshProcesses(server.folder);
    process.kill(first, "SIGKILL");
    await expect.poll(() => transport.connectionReport()?.wiresLost).toBe(1);
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect(transport.connectionReport()).toMatchObject({ wiresOpened: 2, wiresOpen: 1 });
    expect(sshProcesses(server.folder)).not.toContain(first);
  });

  it("that is killed in the middle of a get ends it with connection-lost, which says what ended it", async () => {
    const transport = open();
    await transport.put("large", Buffer.alloc(32 * 1024 * 1024));
    const stream = await transport.get("large");
    stream.once("data", () => {
      stream.pause();
      for (const pid of sshProcesses(server.folder)) process.kill(pid, "SIGKILL");
      stream.resume();
    });
    const read = async (): Promise<void> => {
      for await (const _chunk of stream);
    };
    await expect(read()).rejects.toMatchObject({ code: "connection-lost" });
    expect(await transport.stat("large")).toMatchObject({ sizeBytes: 32 * 1024 * 1024 });
  });

  it("refuses a server whose key has changed, and says where the other one is on record", async () => {
    const known = await file("known_hosts", `[127.0.0.1]:${server.port} ${otherEd25519.text}\n`);
    const before = server.logins;
    const error: unknown = await open({ knownHosts: known })
      .connect()
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "host-key-changed", operation: "connect" });
    expect(String(error)).toContain(`${known} line 1`);
    expect(String(error)).toMatch(/the ssh-ed25519 key SHA256:\S+,/);
    expect(server.logins).toBe(before);
  });

  it("refuses a server that is on no record, accepts it when told to, and records it only then", async () => {
    const known = await file("known_hosts", "");
    await expect(open({ knownHosts: known }).connect()).rejects.toMatchObject({ code: "host-key-unknown" });
    await open({ knownHosts: known, unknownHostKey: "accept" }).has("x");
    expect(await readFile(known, "utf8")).toBe("");
    await open({ knownHosts: known, unknownHostKey: "accept-and-record" }).has("x");
    expect(await readFile(known, "utf8")).toContain("ssh-ed25519");
    await open({ knownHosts: known, unknownHostKey: "refuse" }).has("x");
    const changed = await file("changed", `[127.0.0.1]:${server.port} ${otherEd25519.text}\n`);
    const accepting = open({ knownHosts: changed, unknownHostKey: "accept" });
    await expect(accepting.connect()).rejects.toMatchObject({ code: "host-key-changed" });
  });

  it("that has nothing to log in with is refused once for all, and asks nobody", async () => {
    const transport = open({ identityFile: null });
    await expect(transport.has("x")).rejects.toMatchObject({ code: "authentication-failed" });
    await expect.poll(() => server.log).toContain("Connection closed by authenticating user");
    const refusals = transport.connectionReport()?.refusals;
    await expect(transport.has("x")).rejects.toMatchObject({ code: "authentication-failed" });
    expect(transport.connectionReport()?.refusals).toBe(refusals);
    await expect(open({ identityFile: folder.file("missing") }).connect()).rejects.toThrow("there is no key file");
  });

  it("is not there: missing-driver, and how to get it", async () => {
    vi.stubEnv("PATH", folder.path);
    try {
      await expect(open().connect()).rejects.toMatchObject({
        code: "missing-driver",
        hint: expect.stringContaining("openssh-client") as string,
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("takes no order that it cannot be given: a password, pins, callbacks", () => {
    const url = server.url();
    const orders: TransportOptions[] = [
      { password: "correct horse" },
      { proxy: "socks5://127.0.0.1:1" },
      { ssh: { privateKey: "correct horse" } },
      { ssh: { passphrase: "correct horse" } },
      { ssh: { hostKeyFingerprints: "SHA256:x" } },
      { ssh: { unknownHostKey: () => "accept" } },
      { ssh: { proxyJump: "joe:correct%20horse@127.0.0.1" } },
    ];
    for (const order of orders) {
      let error: unknown;
      try {
        getTransport(url, [], { ...order, ssh: { ...options().ssh, ...order.ssh } });
      } catch (thrown) {
        error = thrown;
      }
      expect(error, JSON.stringify(Object.keys(order))).toMatchObject({ code: "unsupported" });
      expect(String(error)).not.toContain("correct");
    }
  });

  it("is never given a name that it would take for an option", () => {
    for (const refused of [
      () => getTransport("sftp://-oProxyCommand=touch/", [], options()),
      () => getTransport("sftp://%2DoProxyCommand@127.0.0.1/", [], options()),
      () => getTransport(server.url(), [], options({}, { user: "-oProxyCommand=touch" })),
      () => getTransport(server.url(), [], options({ proxyJump: "-oProxyCommand=touch" })),
      () => getTransport(server.url(), [], options({ proxyJump: "joe@-oProxyCommand=touch:22" })),
    ])
      expect(refused).toThrow(expect.objectContaining({ name: "TransportError" }));
  });

  it("says that nothing listens, or that there is no such host", async () => {
    const nobody = getTransport(server.url("/", await freePort()), list, options());
    await expect(nobody.connect()).rejects.toThrow(/cannot connect to 127\.0\.0\.1 port \d+: Connection refused/);
    const nowhere = getTransport("sftp://joe@nowhere.invalid/", list, options());
    await expect(nowhere.connect()).rejects.toMatchObject({ code: "connection-failed" });
  });

  it("is ended where the server says nothing, and where nobody waits for it any more", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const limits = { connectTimeoutMs: 20_000, handshakeTimeoutMs: 400 };
    const transport = getTransport(server.url("/", port), list, options({}, limits));
    await expect(transport.connect()).rejects.toThrow('the phase "handshake" was not over within 400 ms');
    const control = new AbortController();
    const connecting = getTransport(server.url("/", port), [], options()).connect({ signal: control.signal });
    await once(silent, "connection");
    control.abort();
    await expect(connecting).rejects.toMatchObject({ code: "aborted" });
    await expect.poll(() => sshProcesses(server.folder)).toEqual([]);
    silent.close();
  });

  it("leaves no process behind when its connection is closed", async () => {
    const transport = open();
    await transport.has("x");
    await transport.disconnect();
    expect(sshProcesses(server.folder)).toEqual([]);
    await transport.has("x");
    expect(transport.connectionReport()).toMatchObject({ wiresOpened: 2, wiresLost: 0 });
  });

  describe("with an ssh_config", () => {
    /** Lines for a host that leads to the server. */
    function leads(): string {
      return [
        "  HostName 127.0.0.1",
        `  Port ${server.port}`,
        `  User ${server.user}`,
        `  IdentityFile ${server.identityFile}`,
        `  UserKnownHostsFile ${server.knownHostsFile}`,
        "",
      ].join("\n");
    }

    it("does what it says: an alias, Include, Match, ProxyJump", async () => {
      const included = await file("included", `Match originalhost behind\n  ProxyJump gate\n`);
      const text = `Include ${included}\nHost gate behind\n${leads()}`;
      const config = await file("config", text);
      const before = server.accepted;
      const transport = getTransport(`sftp://behind${server.root}/`, list, { ssh: { client: "openssh", config } });
      await transport.put("through", "a gate");
      expect(await readFile(join(server.root, "through"), "utf8")).toBe("a gate");
      await expect.poll(() => server.accepted - before).toBe(2);
    });

    it("goes where no other client can follow: Match exec, ProxyCommand; and so does code that has the list alone", async () => {
      const relay = await file(
        "relay.cjs",
        'const s = require("node:net").connect(+process.argv[2], "127.0.0.1"); process.stdin.pipe(s); s.pipe(process.stdout);',
      );
      const text = `Match exec true\n  ProxyCommand ${process.execPath} ${relay} %p\nHost commanded\n${leads()}`;
      const ssh: SshOptions = { client: "openssh", config: await file("config", text) };
      await getTransport(`sftp://commanded${server.root}/`, list, { ssh }).put("commanded", "content");
      expect(String(await getTransport(`sftp://commanded${server.root}/`, list).getBytes("commanded"))).toBe("content");
      expect(list).toHaveLength(1);
      expect(() => getTransport("sftp://commanded/", [], { ssh: { ...ssh, client: "ssh2" } })).toThrow("unsupported");
    });

    it("keeps two aliases of one host apart, since ssh acts on lines that only it reads", async () => {
      const config = await file("config", `Host work\n  Compression yes\nHost work home\n${leads()}`);
      const ssh: SshOptions = { client: "openssh", config };
      const work = getTransport(`sftp://work${server.root}/`, list, { ssh });
      const home = getTransport(`sftp://home${server.root}/`, list, { ssh });
      await Promise.all([work.has("x"), home.has("x")]);
      expect(list).toHaveLength(2);
      expect(getTransport(`sftp://work${server.root}/deep/`, list)).not.toBe(home);
      expect(list).toHaveLength(2);
    });

    it("ends what it started, too, when it is given up", async () => {
      const mark = `61.${randomBytes(3).readUIntBE(0, 3)}`;
      const config = await file("config", `Host stuck\n  ProxyCommand sleep ${mark}\n`);
      const limits = { connectTimeoutMs: 500 };
      const transport = getTransport("sftp://stuck/", list, { ...limits, ssh: { client: "openssh", config } });
      await expect(transport.connect()).rejects.toThrow('it was in the phase "proxy"');
      await expect.poll(() => processLines().filter((line) => line.includes(mark))).toEqual([]);
    });
  });
});
