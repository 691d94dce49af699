import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { TransportError } from "../../../src/errors/transport-error.ts";
import { isTransportError } from "../../../src/errors/transport-error.ts";
import { resolveSshConfig } from "../../../src/schemes/sftp/ssh-config.ts";
import { temporaryDirectory } from "./openssh-client.ts";

const directory = temporaryDirectory();
const realHome = process.env["HOME"];
const realAgent = process.env["SSH_AUTH_SOCK"];

/** A home directory of this test's own. */
beforeAll(() => {
  process.env["HOME"] = directory.path;
  mkdirSync(directory.file(".ssh"), { mode: 0o700 });
});
afterAll(() => {
  restore("HOME", realHome);
  restore("SSH_AUTH_SOCK", realAgent);
  directory[Symbol.dispose]();
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

let written = 0;
function configFile(text: string, name = `config-${++written}`): string {
  const file = directory.file(name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function refusal(text: string, host = "alias", options: { ignoreProxy?: boolean } = {}): TransportError {
  return refusalOf(configFile(text), host, options);
}

function refusalOf(file: string, host = "alias", options: { ignoreProxy?: boolean } = {}): TransportError {
  try {
    const config = resolveSshConfig({ host }, { file, ...options });
    throw new Error(`not refused: ${JSON.stringify(config)}`);
  } catch (error) {
    if (isTransportError(error)) return error;
    throw error;
  }
}

/** Longer than the time for which the files are believed without a look. */
const untilLookedAtAgain = (): Promise<void> => pause(80);

describe("where ssh_config is looked for", () => {
  it("reads nothing for null", () => {
    expect(resolveSshConfig({ host: "alias" }, { file: null })).toEqual({});
  });

  it("reads ~/.ssh/config unless another file is named, and includes relative to ~/.ssh", async () => {
    configFile("Include parts/* more\nPort 5", ".ssh/config");
    mkdirSync(directory.file(".ssh/parts"));
    configFile("User joe", ".ssh/parts/one");
    configFile("IdentityFile ~/.ssh/mine", ".ssh/more");
    expect(resolveSshConfig({ host: "alias" })).toMatchObject({
      port: 5,
      user: "joe",
      identityFiles: [directory.file(".ssh/mine")],
    });
    expect(resolveSshConfig({ host: "alias" }, { file: configFile("Port 6\nInclude more") })).toMatchObject({
      port: 6,
      user: undefined,
      identityFiles: [directory.file(".ssh/mine")],
    });

    rmSync(directory.file(".ssh/config"));
    await untilLookedAtAgain();
    expect(resolveSshConfig({ host: "alias" }).port).toBeUndefined();
  });

  it("refuses a named file that is not there, is a directory, or cannot be read as text", () => {
    expect(refusalOf(directory.file("missing"))).toMatchObject({ code: "invalid-path" });
    expect(refusalOf(directory.path)).toMatchObject({ code: "invalid-path" });
    expect(refusalOf(directory.file("missing")).message).toContain("config: null");
  });

  it.skipIf(process.getuid === undefined)("does not believe a user's file that others can write", () => {
    const file = configFile("Port 5");
    const includer = configFile(`Include ${file}`);
    chmodSync(file, 0o666);
    expect(refusalOf(includer)).toMatchObject({ code: "permission-denied" });
    chmodSync(file, 0o644);
    expect(resolveSshConfig({ host: "alias" }, { file: includer }).port).toBe(5);
  });
});

describe("an answer", () => {
  it("is remembered for host, user, port and file, each by itself", () => {
    const file = configFile("Match user joe\n  HostName for-joe");
    const plain = resolveSshConfig({ host: "alias" }, { file });
    expect(resolveSshConfig({ host: "alias" }, { file })).toBe(plain);
    expect(resolveSshConfig({ host: "alias", user: "joe" }, { file }).hostName).toBe("for-joe");
    expect(resolveSshConfig({ host: "alias", user: "ann" }, { file }).hostName).toBeUndefined();
    expect(resolveSshConfig({ host: "alias" }, { file })).toBe(plain);
  });

  it("follows a change of the file, of an included file, of what a glob finds, and of a variable", async () => {
    const part = configFile("Port 5", "change-1.part");
    process.env["SAMEWIRE_TEST"] = "/one";
    const file = configFile(`Include ${directory.path}/change-*.part\nIdentityFile \${SAMEWIRE_TEST}/key`);
    const query = { host: "alias" };
    expect(resolveSshConfig(query, { file })).toMatchObject({ port: 5, identityFiles: ["/one/key"] });

    writeFileSync(part, "Port 6");
    await untilLookedAtAgain();
    expect(resolveSshConfig(query, { file }).port).toBe(6);

    configFile("Port 7", "change-0.part");
    await untilLookedAtAgain();
    expect(resolveSshConfig(query, { file }).port).toBe(7);

    process.env["SAMEWIRE_TEST"] = "/two";
    await untilLookedAtAgain();
    expect(resolveSshConfig(query, { file }).identityFiles).toEqual(["/two/key"]);
    delete process.env["SAMEWIRE_TEST"];

    appendFileSync(file, "-new");
    process.env["SAMEWIRE_TEST"] = "/two";
    await untilLookedAtAgain();
    expect(resolveSshConfig(query, { file }).identityFiles).toEqual(["/two/key-new"]);
    delete process.env["SAMEWIRE_TEST"];
  });

  it("follows a file that was replaced by one of the same size and time", async () => {
    const file = configFile("Port 1");
    const then = new Date(2020, 1, 1);
    utimesSync(file, then, then);
    expect(resolveSshConfig({ host: "alias" }, { file }).port).toBe(1);
    const other = configFile("Port 2");
    utimesSync(other, then, then);
    renameSync(other, file);
    await untilLookedAtAgain();
    expect(resolveSshConfig({ host: "alias" }, { file }).port).toBe(2);
  });
});

describe("what would change the connection and cannot be done is refused", () => {
  it("never runs the command of a Match exec, and names the line", () => {
    const trace = directory.file("ran");
    for (const command of [`"touch ${trace}"`, `'touch ${trace}'`, `touch`, `"touch ${trace}" host alias`]) {
      const error = refusal(`Port 5\nMatch exec ${command}\n  HostName elsewhere`);
      expect(error).toMatchObject({ code: "unsupported" });
      expect(error.message).toMatch(/config-\d+ line 2: /);
      expect(error.message).toContain("config: null");
    }
    expect(existsSync(trace)).toBe(false);
  });

  it("but not where the block is about another host, or sets nothing that counts", () => {
    const file = configFile(
      [
        "Match host other exec 'touch x'",
        "  HostName elsewhere",
        'Match exec "touch x"',
        "  ForwardAgent yes",
        "Host alias",
        "  HostName real",
        'Match exec "touch x"',
        "  HostName too-late",
        "Host other",
        "  ProxyCommand nc",
        "  RevokedHostKeys /x",
        "  Port nonsense",
        "  IdentityFile 'unreadable notation'",
      ].join("\n"),
    );
    expect(resolveSshConfig({ host: "alias" }, { file })).toMatchObject({ hostName: "real", port: undefined });
    expect(refusalOf(file, "other").code).toBe("unsupported");
  });

  it("an uncertain block makes what it includes uncertain", () => {
    const part = configFile("Host other\n  Port 5\nHost alias\n  Port 6");
    const file = configFile(`Match exec "true"\n  Include ${part}`);
    expect(resolveSshConfig({ host: "third" }, { file }).port).toBeUndefined();
    expect(refusalOf(file, "alias").message).toContain(`${file} line 1`);
  });

  it("criteria of newer versions and unknown ones", () => {
    expect(refusal("Match tagged work\n  User joe").message).toContain("Match tagged is not supported");
    expect(refusal("Match phase full-moon\n  User joe").message).toContain("Match phase is not known");
    expect(
      resolveSshConfig({ host: "alias" }, { file: configFile("Match tagged work host other\n  User joe") }).user,
    ).toBeUndefined();
  });

  it("ProxyCommand, whatever its quotes, unless the caller says which way to go", () => {
    for (const command of ['ssh -W "%h:%p" it\'s', "'nc' x", "none 'x'", "none x"]) {
      const text = `ProxyCommand ${command}`;
      expect(refusal(text).message).toMatch(/line 1: ProxyCommand .*never ignored.*ProxyJump/s);
      expect(
        resolveSshConfig({ host: "alias" }, { file: configFile(text), ignoreProxy: true }).proxyJump,
      ).toBeUndefined();
    }
  });

  it("but not for what the caller gave itself", () => {
    const file = configFile('Match exec "on-vpn"\n  User joe\n  Port 5\n  ProxyJump hop');
    expect(refusalOf(file).message).toContain("line 2 of");
    expect(resolveSshConfig({ host: "alias", user: "ann", port: 7 }, { file, ignoreProxy: true })).toEqual({});
  });

  it("canonical names that a name server would have to tell", () => {
    const text = "CanonicalizeHostname yes\nCanonicalDomains example.com";
    expect(refusal(text).message).toContain("name server");
    expect(refusal(`Match final\n  Port 5\nHost *\n${text}`).message).toContain("name server");
    expect(resolveSshConfig({ host: "a.b.example" }, { file: configFile(text) })).toEqual({});
    expect(resolveSshConfig({ host: "127.0.0.1" }, { file: configFile(text) })).toEqual({});
    expect(resolveSshConfig({ host: "alias" }, { file: configFile(`${text}\nProxyJump hop`) }).proxyJump).toEqual([
      { host: "hop" },
    ]);
  });

  it.each([
    ["RevokedHostKeys", "RevokedHostKeys /etc/revoked"],
    ["BindInterface", "BindInterface tun0"],
    ["a jump through the host itself", "ProxyJump alias"],
    ["a port that is none", "Port 65536"],
    ["a port that is no number", "Port 22x"],
    ["neither yes nor no", "IdentitiesOnly maybe"],
    ["a time that is none", "ConnectTimeout 1.5"],
    ["an unknown strictness", "StrictHostKeyChecking perhaps"],
    ["an unknown family", "AddressFamily inet7"],
    ["a host name like an option", "HostName -oProxyCommand=x"],
    ["a host name with a shell metacharacter", 'HostName "a;b"'],
    ["a user like an option", "User -x"],
    ["a user with white space", 'User "a b"'],
    ["a jump host that is none", "ProxyJump joe@"],
    ["a jump host with an empty hop", "ProxyJump one,"],
    ["a jump host with a bad port", "ProxyJump one:0"],
    ["a jump host like an option", "ProxyJump -x"],
    ["a directive without a value", "HostName"],
    ["a second value", "User joe ann"],
    ["a quote that does not end", 'HostName "real'],
    ["a notation that the parser reads otherwise than ssh: single quotes", "User 'joe'"],
    ["a notation that the parser reads otherwise than ssh: a hash in a word", "User a#b"],
    ["a notation that the parser reads otherwise than ssh: an escape", String.raw`IdentityFile a\ b`],
    ["a keyword in quotes", '"User" joe'],
    ["an unknown token", "IdentityFile %Z"],
    ["a lone percent sign", "IdentityFile a%"],
    ["a variable that is not set", "IdentityFile ${SAMEWIRE_NOT_SET}"],
    ["another user's home", "IdentityFile ~nobody/key"],
  ])("%s", (_title, line) => {
    const error = refusal(`Host alias\n${line}`);
    expect(error).toMatchObject({ code: "unsupported", operation: "ssh_config" });
    expect(error.message).toMatch(/config-\d+ line 2: /);
  });

  it("files that include each other end in an error", () => {
    const one = directory.file("cycle-1");
    const two = configFile(`Include ${one}\nInclude ${one}`, "cycle-2");
    configFile(`Include ${two}\nInclude ${two}`, "cycle-1");
    expect(refusalOf(one).message).toContain("includes itself");

    for (let depth = 0; depth <= 17; depth++)
      configFile(`Include ${directory.path}/depth-${depth + 1}`, `depth-${depth}`);
    expect(refusalOf(directory.file("depth-0")).message).toContain("16 levels");
  });
});

describe("values", () => {
  it("an agent is named by path or by variable, and an unset variable means none", () => {
    process.env["SSH_AUTH_SOCK"] = "/run/env-agent";
    const agentFor = (value: string): string | null | undefined =>
      resolveSshConfig({ host: "alias" }, { file: configFile(`IdentityAgent ${value}`) }).identityAgent;
    expect(agentFor("SSH_AUTH_SOCK")).toBe("/run/env-agent");
    expect(agentFor("$SSH_AUTH_SOCK")).toBe("/run/env-agent");
    expect(agentFor("$SAMEWIRE_NOT_SET")).toBeNull();
    expect(agentFor("none")).toBeNull();
    expect(agentFor("~/agent-%h")).toBe(directory.file("agent-alias"));
    expect(agentFor('"${SSH_AUTH_SOCK}.2"')).toBe("/run/env-agent.2");
  });

  it("jump hosts are told apart, first hop first", () => {
    const jump = (value: string) =>
      resolveSshConfig({ host: "alias" }, { file: configFile(`ProxyJump ${value}`) }).proxyJump;
    expect(jump("joe@one:33,ssh://ann@two:1/,[::1]:5")).toEqual([
      { host: "one", user: "joe", port: 33 },
      { host: "two", user: "ann", port: 1 },
      { host: "::1", port: 5 },
    ]);
    expect(jump("%r@%n-hop:%p")).toEqual([{ host: "alias-hop", user: userInfo().username, port: 22 }]);
    expect(jump("none")).toBeNull();
  });

  it("file names know the destination: known_hosts per host", () => {
    const file = configFile(
      "HostName real.example\nPort 2222\nUser joe\nHostKeyAlias Cluster\nUserKnownHostsFile ~/kh-%n-%h-%p-%r-%k none",
    );
    expect(resolveSshConfig({ host: "Alias" }, { file })).toMatchObject({
      userKnownHostsFiles: [directory.file("kh-Alias-real.example-2222-joe-cluster")],
      hostKeyAlias: "cluster",
    });
    expect(resolveSshConfig({ host: "Alias", user: "ann", port: 7 }, { file }).userKnownHostsFiles?.[0]).toContain(
      "-7-ann-",
    );
  });

  it("a damaged or hostile file takes no time and no prototype", () => {
    const file = configFile(
      `__proto__ x\nconstructor y\nHost ${"*a".repeat(2000)}\nPort 5\n${"x".repeat(100_000)} ${"a ".repeat(100_000)}'\nMatch host ${"?*".repeat(2000)}b\nPort 6`,
    );
    expect(resolveSshConfig({ host: "a".repeat(300) }, { file })).toEqual({});
  });
});
