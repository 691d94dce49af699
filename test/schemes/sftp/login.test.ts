import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type {
  CredentialsQuestion,
  HostKeyQuestion,
  SshOptions,
  Transport,
  TransportOptions,
} from "../../../src/index.ts";
import { getTransport } from "../../../src/index.ts";
import { loadSsh2 } from "../../../src/drivers/ssh2-package.ts";
import { fingerprintOf } from "../../../src/schemes/sftp/host-key.ts";
import type { SftpServer, SftpServerOptions } from "../../../src/testing.ts";
import { generateSshKey, startSftpServer } from "../../../src/testing.ts";

let folder: string;
let list: Transport[];
const servers: SftpServer[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "samewire-login-"));
  list = [];
});
afterEach(async () => {
  await Promise.all(list.map((transport) => transport.disconnect()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
  rmSync(folder, { recursive: true });
});

async function start(options: SftpServerOptions = {}): Promise<SftpServer> {
  const server = await startSftpServer({ users: { joe: { password: "secret" } }, ...options });
  servers.push(server);
  writeFileSync(join(folder, "known_hosts"), servers.map(({ knownHosts }) => knownHosts).join(""));
  return server;
}

/** Options that leave this machine's own keys, agent and configuration out of it. */
function options(more: TransportOptions = {}, ssh: SshOptions = {}): TransportOptions {
  return {
    ...more,
    ssh: { config: null, agent: null, identityFile: null, knownHosts: join(folder, "known_hosts"), ...ssh },
  };
}

async function keyFile(name: string, passphrase = ""): Promise<{ readonly file: string; readonly line: string }> {
  const file = join(folder, name);
  const { utils } = await loadSsh2();
  const locked = passphrase === "" ? {} : { passphrase, cipher: "aes256-ctr", rounds: 4 };
  const pair = utils.generateKeyPairSync("ecdsa", { bits: 256, comment: name, ...locked });
  writeFileSync(file, pair.private, { mode: 0o600 });
  return { file, line: pair.public };
}

describe("a password", () => {
  it("from the URL, or from the options, logs in with one request", async () => {
    const server = await start();
    for (const [url, given] of [
      [`sftp://joe:secret@127.0.0.1:${server.port}/`, {}],
      [server.url, { password: "secret" }],
    ] as const) {
      await getTransport(url, [], options(given)).connect();
    }
    expect(server.counts.logins).toEqual({ password: 2 });
  });

  it("that is wrong is authentication-failed, without the password, and is not tried again", async () => {
    const server = await start();
    const transport = getTransport(`sftp://joe:hunter2@127.0.0.1:${server.port}/`, list, options());
    for (let times = 0; times < 5; times++) {
      const failure = await transport.stat("").catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "authentication-failed", operation: "connect" });
      expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toContain("hunter2");
    }
    expect(server.counts.logins).toEqual({ password: 1 });
    await expect(transport.connect()).rejects.toMatchObject({ code: "authentication-failed" });
    expect(server.counts.logins).toEqual({ password: 2 });
  });

  it("that is refused is not followed by keys that nobody named", async () => {
    const { file, line } = await keyFile("id");
    const server = await start({ users: { joe: { password: "secret", publicKeys: [line] } } });
    const config = join(folder, "config");
    writeFileSync(config, `Host *\n  IdentityFile ${file}\n`);
    const ambient = { ssh: { config, agent: null, knownHosts: join(folder, "known_hosts") } };
    await getTransport(server.url, list, ambient).connect();
    expect(server.counts.logins.publickey).toBe(1);
    await expect(getTransport(server.url, [], { ...ambient, password: "wrong" }).connect()).rejects.toMatchObject({
      code: "authentication-failed",
    });
    expect(server.counts.logins.publickey).toBe(1);
  });

  it("answers a server that asks for it interactively", async () => {
    const server = await start({
      users: { joe: { prompts: [{ text: "Password: ", echo: false, answer: "secret" }] } },
    });
    await getTransport(server.url, list, options({ password: "secret" })).connect();
    expect(server.counts.logins).toEqual({ password: 1, "keyboard-interactive": 1 });
  });

  it("of null is explicitly none: nobody is asked", async () => {
    const server = await start();
    const ask = (): never => expect.unreachable();
    const transport = getTransport(server.url, list, options({ password: null, credentials: { ask } }));
    await expect(transport.connect()).rejects.toMatchObject({ code: "authentication-failed" });
  });
});

describe("the credentials callback", () => {
  it("is asked once per wire, and its answer remembered when the connection heals", async () => {
    const server = await start();
    const asked: CredentialsQuestion[] = [];
    const ask = (question: CredentialsQuestion): string => {
      asked.push(question);
      return "secret";
    };
    const transport = getTransport(server.url, list, options({ credentials: { ask } }));
    await Promise.all(Array.from({ length: 20 }, () => transport.stat("")));
    server.sever();
    await transport.stat("");
    expect(server.accepted).toBe(2);
    const url = `sftp://joe@127.0.0.1:${server.port}`;
    expect(asked).toEqual([{ kind: "password", url, user: "joe", host: "127.0.0.1", attempt: 1 }]);
  });

  it("is asked again when its answer is refused, three times at most, and never sends the same twice", async () => {
    const server = await start();
    const answers = ["wrong", "wronger", "secret"];
    const attempts: number[] = [];
    const ask = ({ attempt }: CredentialsQuestion): string | undefined => {
      attempts.push(attempt);
      return answers[attempt - 1];
    };
    await getTransport(server.url, list, options({ credentials: { ask } })).connect();
    expect(attempts).toEqual([1, 2, 3]);

    const stubborn = getTransport(server.url, [], options({ credentials: { ask: () => "always wrong" } }));
    const before = server.counts.logins.password ?? 0;
    await expect(stubborn.connect()).rejects.toMatchObject({ code: "authentication-failed" });
    expect((server.counts.logins.password ?? 0) - before).toBe(1);
  });

  it("answers several prompts at once, with what the server says", async () => {
    const prompts = [
      { text: "Name of your cat: ", echo: true, answer: "Tom" },
      { text: "Code: ", echo: false, answer: "123456" },
    ];
    const server = await start({ users: { joe: { prompts } } });
    const asked: CredentialsQuestion[] = [];
    const ask = (question: CredentialsQuestion): readonly string[] | undefined => {
      asked.push(question);
      return question.kind === "keyboard-interactive" ? ["Tom", "123456"] : undefined;
    };
    await getTransport(server.url, list, options({ credentials: { ask } })).connect();
    expect(asked.at(-1)).toMatchObject({
      kind: "keyboard-interactive",
      prompts: [
        { text: "Name of your cat: ", echo: true },
        { text: "Code: ", echo: false },
      ],
    });
  });

  it("is not asked before the host key is accepted", async () => {
    const server = await start();
    writeFileSync(join(folder, "known_hosts"), "");
    const ask = (): never => expect.unreachable();
    const transport = getTransport(server.url, list, options({ credentials: { ask } }));
    await expect(transport.connect()).rejects.toMatchObject({ code: "host-key-unknown" });
    expect(server.counts.logins).toEqual({});
  });

  it("may take longer than connecting may", async () => {
    const server = await start();
    const ask = async (): Promise<string> => {
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      return "secret";
    };
    const transport = getTransport(server.url, list, options({ credentials: { ask }, connectTimeoutMs: 1_000 }));
    await transport.connect();
  });

  it("that throws fails the login with what it threw", async () => {
    const server = await start();
    const ask = (): never => {
      throw new Error("the store is locked");
    };
    const transport = getTransport(server.url, list, options({ credentials: { ask } }));
    await expect(transport.connect()).rejects.toMatchObject({
      message: expect.stringContaining("the store is locked"),
    });
  });

  it("is told when nobody waits for its answer any more", async () => {
    const server = await start();
    let told = false;
    const ask = (_question: CredentialsQuestion, { signal }: { readonly signal: AbortSignal }): Promise<string> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          told = true;
          reject(new Error("too late"));
        });
        control.abort();
      });
    const control = new AbortController();
    const transport = getTransport(server.url, list, options({ credentials: { ask } }));
    await expect(transport.connect({ signal: control.signal })).rejects.toMatchObject({ code: "aborted" });
    await expect.poll(() => told).toBe(true);
    await expect.poll(() => server.open).toBe(0);
  });
});

describe("a key", () => {
  it("in a file, or given itself, logs in", async () => {
    const { file, line } = await keyFile("id");
    const server = await start({ users: { joe: { publicKeys: [line] } } });
    await getTransport(server.url, [], options({}, { identityFile: file })).connect();
    await getTransport(server.url, [], options({}, { privateKey: readFileSync(file) })).connect();
    await getTransport(server.url, [], options({}, { privateKey: readFileSync(file, "utf8") })).connect();
    expect(server.counts.logins.publickey).toBe(3);
  });

  it("that is encrypted is opened with the passphrase, or the callback's, asked again when it is wrong", async () => {
    const { file, line } = await keyFile("id", "open sesame");
    const server = await start({ users: { joe: { publicKeys: [line] } } });
    await getTransport(server.url, [], options({}, { identityFile: file, passphrase: "open sesame" })).connect();
    const asked: CredentialsQuestion[] = [];
    const ask = (question: CredentialsQuestion): string => {
      asked.push(question);
      return question.attempt === 1 ? "wrong" : "open sesame";
    };
    await getTransport(server.url, [], options({ credentials: { ask } }, { identityFile: file })).connect();
    expect(asked).toEqual(
      [1, 2].map((attempt) => ({ kind: "passphrase", url: server.url.replace("/~/", ""), keyFile: file, attempt })),
    );
    await expect(getTransport(server.url, [], options({}, { identityFile: file })).connect()).rejects.toMatchObject({
      code: "authentication-failed",
      message: expect.stringContaining("passphrase"),
    });
  });

  it("whose passphrase is asked for is one that the server wants", async () => {
    const { file } = await keyFile("other", "open sesame");
    const server = await start();
    const ask = ({ kind }: CredentialsQuestion): string => (kind === "passphrase" ? expect.unreachable() : "secret");
    await getTransport(server.url, list, options({ credentials: { ask } }, { identityFile: file })).connect();
  });

  it("that is missing, or no key, is named by the failure", async () => {
    const server = await start();
    const noKey = join(folder, "no-key");
    writeFileSync(noKey, "hello\n");
    for (const file of [join(folder, "missing"), noKey]) {
      await expect(getTransport(server.url, [], options({}, { identityFile: file })).connect()).rejects.toMatchObject({
        code: "authentication-failed",
        message: expect.stringContaining(file),
      });
    }
  });

  it("of several is the one that the server takes, in the order given", async () => {
    const [first, second] = [await keyFile("first"), await keyFile("second")];
    const server = await start({ users: { joe: { publicKeys: [second.line] } } });
    await getTransport(server.url, list, options({}, { identityFile: [first.file, second.file] })).connect();
    // Each signs at once: nobody asks first whether it is welcome.
    expect(server.counts.logins).toEqual({ publickey: 2 });
  });
});

describe("a host key", () => {
  const password = { password: "secret" };

  it("that is on no record is refused, with its fingerprint, and latches", async () => {
    const server = await start();
    writeFileSync(join(folder, "known_hosts"), "");
    const transport = getTransport(server.url, list, options(password));
    for (let times = 0; times < 3; times++) {
      await expect(transport.stat("")).rejects.toMatchObject({
        code: "host-key-unknown",
        message: expect.stringContaining(fingerprint(server)),
      });
    }
    expect(server.accepted).toBe(1);
    expect(readFileSync(join(folder, "known_hosts"), "utf8")).toBe("");
  });

  it("is accepted for this connection, or recorded, where that is asked for", async () => {
    const server = await start();
    const file = join(folder, "new", "known_hosts");
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
    writeFileSync(join(folder, "known_hosts"), "");
    const asked: HostKeyQuestion[] = [];
    const unknownHostKey = async (question: HostKeyQuestion): Promise<"accept"> => {
      asked.push(question);
      return "accept";
    };
    const transport = getTransport(server.url, list, options(password, { unknownHostKey }));
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
    const file = join(folder, "known_hosts");
    writeFileSync(file, `# a comment\n[127.0.0.1]:${server.port} ${other.public}\n`);
    const transport = getTransport(server.url, list, options(password, { unknownHostKey: "accept-and-record" }));
    await expect(transport.connect()).rejects.toMatchObject({
      code: "host-key-changed",
      message: expect.stringContaining(`${file} line 2`),
    });
    expect(server.counts.logins).toEqual({});
  });

  it("is asked for by the types on record: an RSA record works against a server that also has Ed25519", async () => {
    const server = await start({ hostKeyTypes: ["ed25519", "rsa"] });
    writeFileSync(
      join(folder, "known_hosts"),
      server.knownHosts
        .split("\n")
        .filter((line) => line.includes("ssh-rsa"))
        .join("\n"),
    );
    await getTransport(server.url, list, options(password)).connect();
  });

  it("may be pinned by its fingerprint: then no file is read, and no other key is accepted", async () => {
    const server = await start();
    const nowhere = join(folder, "nowhere");
    const pinned = (hostKeyFingerprints: string): TransportOptions =>
      options(password, { knownHosts: nowhere, hostKeyFingerprints });
    await getTransport(server.url, [], pinned(fingerprint(server))).connect();
    const other = `SHA256:${"A".repeat(43)}`;
    await expect(getTransport(server.url, [], pinned(other)).connect()).rejects.toMatchObject({
      code: "host-key-changed",
      message: expect.stringContaining(fingerprint(server)),
    });
  });

  it("is looked up under the alias that is given", async () => {
    const server = await start();
    writeFileSync(join(folder, "known_hosts"), `the-alias ${server.hostKeys[0]?.public}\n`);
    await getTransport(server.url, list, options(password, { hostKeyAlias: "the-alias" })).connect();
  });

  function fingerprint(server: SftpServer): string {
    return fingerprintOf(Buffer.from(server.hostKeys[0]?.public.split(" ")[1] ?? "", "base64"));
  }
});

describe("ssh_config", () => {
  it("gives host, port, user, key and known_hosts file", async () => {
    const { file, line } = await keyFile("id");
    const server = await start({ users: { joe: { publicKeys: [line] } } });
    const config = join(folder, "config");
    const lines = [
      `HostName 127.0.0.1`,
      `Port ${server.port}`,
      `User joe`,
      `IdentityFile ${file}`,
      `UserKnownHostsFile ${join(folder, "known_hosts")}`,
    ];
    writeFileSync(config, `Host work\n  ${lines.join("\n  ")}\n`);
    const transport = getTransport("sftp://work/~/", list, { ssh: { config, agent: null } });
    await transport.put("file", "content");
    expect(String(await transport.getBytes("file"))).toBe("content");
  });

  it("of two aliases of one host, each with its own key, gives two wires; with the same, one", async () => {
    const [work, home] = [await keyFile("work"), await keyFile("home")];
    const server = await start({ users: { joe: { publicKeys: [work.line, home.line] } } });
    const config = join(folder, "config");
    const host = (name: string, key: string): string =>
      `Host ${name}\n  HostName 127.0.0.1\n  Port ${server.port}\n  User joe\n  IdentityFile ${key}\n`;
    writeFileSync(config, host("work", work.file) + host("home", home.file) + host("also-work", work.file));
    const trusting = { ssh: { config, agent: null, knownHosts: join(folder, "known_hosts") } };
    for (const alias of ["work", "home", "also-work", "work"])
      await getTransport(`sftp://${alias}/~/`, list, trusting).stat("");
    expect(server.accepted).toBe(2);
  });

  it("sets the connect limit where the caller does not", async () => {
    const server = await start({ onLogin: () => "silence" });
    const config = join(folder, "config");
    writeFileSync(config, "Host *\n  ConnectTimeout 1\n");
    const slow = { password: "secret", ssh: { config, agent: null, knownHosts: join(folder, "known_hosts") } };
    await expect(getTransport(server.url, list, slow).connect()).rejects.toMatchObject({
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
      getTransport(one.url, list, through),
      getTransport(two.url, list, through),
      getTransport(jump.url, list),
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
    const transport = getTransport(behind.url, list, through);
    await transport.put("file", "content");
    jump.sever();
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect([jump.accepted, behind.accepted]).toEqual([2, 2]);
  });

  it("may be behind another one", async () => {
    const [first, second, behind] = [await start(), await start(), await start()];
    const proxyJump = [`joe@127.0.0.1:${first.port}`, `joe@127.0.0.1:${second.port}`];
    const transport = getTransport(behind.url, list, options({ credentials: { ask: () => "secret" } }, { proxyJump }));
    await transport.put("file", "content");
    expect([first, second, behind].map(({ accepted }) => accepted)).toEqual([1, 1, 1]);
    expect([first, second].map(({ counts }) => counts.sessions)).toEqual([0, 0]);
  });

  it("that refuses the login is what the failure names", async () => {
    const [jump, behind] = [await start(), await start()];
    const through = options({ password: "secret" }, { proxyJump: `sftp://joe:wrong@127.0.0.1:${jump.port}/` });
    await expect(getTransport(behind.url, list, through).stat("")).rejects.toMatchObject({
      code: "authentication-failed",
    });
    expect(behind.accepted).toBe(0);
  });

  it("in a circle is refused", async () => {
    const config = join(folder, "config");
    writeFileSync(config, "Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n");
    expect(() => getTransport("sftp://joe@a/", list, { ssh: { config } })).toThrow(/circle/);
  });
});
