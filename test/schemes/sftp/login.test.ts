import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { CredentialsQuestion } from "../../../src/index.ts";
import { getTransport } from "../../../src/index.ts";
import { LoginSite } from "./login-site.ts";

const site = new LoginSite();
const { start, options, keyFile } = site;
beforeEach(() => site.open());
afterEach(() => site.close());

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
    const transport = getTransport(`sftp://joe:hunter2@127.0.0.1:${server.port}/`, site.list, options());
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
    const config = join(site.folder, "config");
    writeFileSync(config, `Host *\n  IdentityFile ${file}\n`);
    const ambient = { ssh: { config, agent: null, knownHosts: join(site.folder, "known_hosts") } };
    await getTransport(server.url, site.list, ambient).connect();
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
    await getTransport(server.url, site.list, options({ password: "secret" })).connect();
    expect(server.counts.logins).toEqual({ password: 1, "keyboard-interactive": 1 });
  });

  it("of null is explicitly none: nobody is asked", async () => {
    const server = await start();
    const ask = (): never => expect.unreachable();
    const transport = getTransport(server.url, site.list, options({ password: null, credentials: { ask } }));
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
    const transport = getTransport(server.url, site.list, options({ credentials: { ask } }));
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
    await getTransport(server.url, site.list, options({ credentials: { ask } })).connect();
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
    await getTransport(server.url, site.list, options({ credentials: { ask } })).connect();
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
    writeFileSync(join(site.folder, "known_hosts"), "");
    const ask = (): never => expect.unreachable();
    const transport = getTransport(server.url, site.list, options({ credentials: { ask } }));
    await expect(transport.connect()).rejects.toMatchObject({ code: "host-key-unknown" });
    expect(server.counts.logins).toEqual({});
  });

  it("may take longer than connecting may", async () => {
    const server = await start();
    const ask = async (): Promise<string> => {
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      return "secret";
    };
    const transport = getTransport(server.url, site.list, options({ credentials: { ask }, connectTimeoutMs: 1_000 }));
    await transport.connect();
  });

  it("that throws fails the login with what it threw", async () => {
    const server = await start();
    const ask = (): never => {
      throw new Error("the store is locked");
    };
    const transport = getTransport(server.url, site.list, options({ credentials: { ask } }));
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
    const transport = getTransport(server.url, site.list, options({ credentials: { ask } }));
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

  it("that the passphrase does not open is named by the failure, beside what else was tried", async () => {
    const { file, line } = await keyFile("id", "open sesame");
    const server = await start({ users: { joe: { publicKeys: [line], password: "secret" } } });
    const given = { identityFile: file, passphrase: "wrong" };
    await expect(getTransport(server.url, [], options({}, given)).connect()).rejects.toMatchObject({
      code: "authentication-failed",
      message: expect.stringContaining(`the passphrase does not open ${file}`),
    });
    const both = getTransport(server.url, [], options({ password: "wrong too" }, given)).connect();
    await expect(both).rejects.toMatchObject({
      message: expect.stringMatching(/refuses the password for joe; .*; the passphrase does not open .*Check the user/),
    });
    const ask = (): string => "wrong as well";
    const asked = getTransport(server.url, [], options({ credentials: { ask } }, { identityFile: file })).connect();
    await expect(asked).rejects.toMatchObject({ message: expect.stringMatching(/; the passphrase does not open/) });
    await getTransport(server.url, [], options({ password: "secret" }, given)).connect();
    const config = join(site.folder, "config");
    writeFileSync(config, `IdentityFile "${file}"\n`);
    const { identityFile: _, ...ssh } = options({}, { config }).ssh ?? {};
    await expect(getTransport(server.url, [], { ssh }).connect()).rejects.toMatchObject({
      message: expect.stringContaining(`${file} is encrypted and no passphrase was given`),
    });
  });

  it("whose passphrase is asked for is one that the server wants", async () => {
    const { file } = await keyFile("other", "open sesame");
    const server = await start();
    const ask = ({ kind }: CredentialsQuestion): string => (kind === "passphrase" ? expect.unreachable() : "secret");
    await getTransport(server.url, site.list, options({ credentials: { ask } }, { identityFile: file })).connect();
  });

  it("that is missing, or no key, is named by the failure", async () => {
    const server = await start();
    const noKey = join(site.folder, "no-key");
    writeFileSync(noKey, "hello\n");
    for (const file of [join(site.folder, "missing"), noKey]) {
      await expect(getTransport(server.url, [], options({}, { identityFile: file })).connect()).rejects.toMatchObject({
        code: "authentication-failed",
        message: expect.stringContaining(file),
      });
    }
  });

  it("of several is the one that the server takes, in the order given", async () => {
    const [first, second] = [await keyFile("first"), await keyFile("second")];
    const server = await start({ users: { joe: { publicKeys: [second.line] } } });
    await getTransport(server.url, site.list, options({}, { identityFile: [first.file, second.file] })).connect();
    // Each signs at once: nobody asks first whether it is welcome.
    expect(server.counts.logins).toEqual({ publickey: 2 });
  });
});
