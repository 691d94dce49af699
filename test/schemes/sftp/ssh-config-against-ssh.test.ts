import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { homedir, userInfo } from "node:os";

import { afterAll, describe, expect, it } from "vitest";

import type { SshConfigQuery, SshHostConfig } from "../../../src/schemes/sftp/ssh-config.ts";
import { resolveSshConfig } from "../../../src/schemes/sftp/ssh-config.ts";
import { hasOpenSsh, ifOpenSsh, run, temporaryDirectory } from "./openssh-client.ts";

const directory = temporaryDirectory();
afterAll(() => {
  directory[Symbol.dispose]();
});

let written = 0;
function configFile(text: string): string {
  const file = directory.file(`config-${++written}`);
  writeFileSync(file, text);
  return file;
}

/** What `ssh -G` prints, keyword by keyword. */
async function askSsh(file: string, { host, user, port }: SshConfigQuery): Promise<Map<string, string[]>> {
  const args = [
    "-G",
    "-F",
    file,
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    host,
  ];
  const { status, stdout, stderr } = await run("ssh", args);
  expect(status, stderr).toBe(0);
  const answer = new Map<string, string[]>();
  for (const line of stdout.trim().split("\n")) {
    const at = line.indexOf(" ");
    const keyword = line.slice(0, at).toLowerCase();
    answer.set(keyword, [...(answer.get(keyword) ?? []), line.slice(at + 1)]);
  }
  return answer;
}

/** What ssh answers where the files say nothing, so that an absent value of ours can be told from a forgotten one. */
const unsaid = hasOpenSsh ? await askSsh(configFile(""), { host: "nothing" }) : new Map<string, string[]>();

/** Our answer in the words of `ssh -G`. */
function inWordsOfSsh(
  config: SshHostConfig,
  { host, user, port }: SshConfigQuery,
): Record<string, string[] | undefined> {
  const strictness = { yes: "true", no: "false", ask: "ask", "accept-new": "accept-new" };
  const otherwise = (keyword: string, value: string[] | undefined): string[] | undefined =>
    value ?? unsaid.get(keyword);
  return {
    hostname: [config.hostName ?? host.toLowerCase()],
    port: [String(port ?? config.port ?? 22)],
    user: [user ?? config.user ?? userInfo().username],
    identityfile: otherwise(
      "identityfile",
      config.identityFiles && (config.identityFiles.length === 0 ? ["none"] : [...config.identityFiles]),
    ),
    identitiesonly: otherwise(
      "identitiesonly",
      config.identitiesOnly === undefined ? undefined : [config.identitiesOnly ? "yes" : "no"],
    ),
    identityagent: otherwise(
      "identityagent",
      config.identityAgent === undefined ? undefined : [config.identityAgent ?? "none"],
    ),
    proxyjump: config.proxyJump?.length
      ? [
          config.proxyJump
            .map(
              ({ user: u, host: h, port: p }) =>
                `${u === undefined ? "" : `${u}@`}${h.includes(":") ? `[${h}]` : h}${p === undefined ? "" : `:${p}`}`,
            )
            .join(),
        ]
      : undefined,
    userknownhostsfile: otherwise("userknownhostsfile", namesIn(config.userKnownHostsFiles)),
    globalknownhostsfile: otherwise("globalknownhostsfile", namesIn(config.globalKnownHostsFiles)),
    hostkeyalias: config.hostKeyAlias === undefined ? undefined : [config.hostKeyAlias],
    hashknownhosts: otherwise(
      "hashknownhosts",
      config.hashKnownHosts === undefined ? undefined : [config.hashKnownHosts ? "yes" : "no"],
    ),
    stricthostkeychecking: otherwise(
      "stricthostkeychecking",
      config.strictHostKeyChecking && [strictness[config.strictHostKeyChecking]],
    ),
    connecttimeout: [config.connectTimeoutMs === undefined ? "none" : String(config.connectTimeoutMs / 1000)],
    addressfamily: [config.family === undefined ? "any" : config.family === 4 ? "inet" : "inet6"],
    bindaddress: config.localAddress === undefined ? undefined : [config.localAddress],
  };
}

function namesIn(files: readonly string[] | undefined): string[] | undefined {
  return files && [files.length === 0 ? "none" : files.join(" ")];
}

async function expectSameAsSsh(text: string, query: SshConfigQuery): Promise<void> {
  const file = configFile(text);
  const ours = inWordsOfSsh(resolveSshConfig(query, { file }), query);
  const theirs = await askSsh(file, query);
  // ssh prints "none" for a few things it has not been told, and the alias before it is put in lower case.
  const wanted = Object.fromEntries(
    Object.keys(ours).map((keyword) => [
      keyword,
      keyword === "hostkeyalias" ? theirs.get(keyword)?.map((alias) => alias.toLowerCase()) : theirs.get(keyword),
    ]),
  );
  expect(ours).toEqual(wanted);
}

type Case = [title: string, config: string, query: SshConfigQuery];

const cases: Case[] = [
  ["nothing at all", "", { host: "alias" }],
  ["directives before any Host", "HostName real.example\nPort 2222\nUser joe", { host: "alias" }],
  ["the first value wins", "Host alias\n  Port 1\nHost *\n  Port 2\n  User late", { host: "alias" }],
  ["what the caller says beats the files", "User joe\nPort 99", { host: "alias", user: "ann", port: 7 }],
  ["Host compares the case as it was typed", "Host foobar\n  Port 1\nHost FooBar\n  Port 2", { host: "FooBar" }],
  ["a host name is put in lower case", "HostName Real.EXAMPLE", { host: "ALIAS" }],
  ["an address keeps its case", "HostName FE80::A", { host: "alias" }],
  ["%h and %% in HostName", "HostName %h.a%%b.example", { host: "alias" }],
  ["wildcards", "Host a?c *.example\n  Port 5", { host: "abc" }],
  ["a question mark is exactly one character", "Host a?c\n  Port 5", { host: "ac" }],
  ["an empty run for a star", "Host *ac*\n  Port 5", { host: "ac" }],
  ["negation", "Host *.example !bad.example\n  Port 5", { host: "bad.example" }],
  ["negation beside a match", "Host *.example !bad.example\n  Port 5", { host: "good.example" }],
  ["negation alone matches nothing", "Host !other\n  Port 5", { host: "alias" }],
  ["several patterns", "Host one two\n  Port 5", { host: "two" }],
  ["a pattern in quotes", 'Host "one" two\n  Port 5', { host: "one" }],
  ["equals signs", "Host=alias\n  Port = 5\n  User=joe", { host: "alias" }],
  [
    "comments, tabs, CRLF and blank lines",
    "# a\r\n\r\n\tHost alias # b\r\n\t\tPort\t5   # c\r\n  #Port 6\r\n",
    { host: "alias" },
  ],
  ["keywords in any case", "hOsT alias\n  PORT 5\n  hostNAME Real", { host: "alias" }],
  [
    "unknown keywords that are told to be ignored",
    "IgnoreUnknown UseKeychain\nUseKeychain yes\nPort 5",
    { host: "alias" },
  ],

  ["Match host against HostName", "HostName real\nMatch host real\n  User joe", { host: "alias" }],
  [
    "Match host before HostName",
    "Match host real\n  User joe\nMatch host alias\n  User ann\nHost *\n  HostName real",
    { host: "alias" },
  ],
  ["Match host ignores case", "Match host ALIAS\n  User joe", { host: "Alias" }],
  ["Match originalhost", "HostName real\nMatch originalhost alias\n  User joe", { host: "alias" }],
  [
    "Match with a list and a negation",
    "Match host !alias,*\n  User joe\nMatch host !other,*\n  User ann",
    { host: "alias" },
  ],
  ["Match with a negated criterion", "Match !host other\n  User joe", { host: "alias" }],
  ["Match user, given", "Match user joe\n  Port 5", { host: "alias", user: "joe" }],
  ["Match user, from the file", "User joe\nMatch user j*\n  Port 5", { host: "alias" }],
  ["Match user, by default the local one", `Match user ${userInfo().username}\n  Port 5`, { host: "alias" }],
  ["Match user minds case", "User joe\nMatch user JOE\n  Port 5", { host: "alias" }],
  ["Match localuser", `Match localuser ${userInfo().username} host alias\n  Port 5`, { host: "alias", user: "joe" }],
  ["Match all", "Match all\n  Port 5", { host: "alias" }],
  ["Match with equals signs", "Match host=alias user=joe\n  Port 5", { host: "alias", user: "joe" }],
  ["all criteria of a Match must hold", "Match host alias user ann\n  Port 5", { host: "alias", user: "joe" }],
  [
    "Match final is read after everything else",
    "HostName real\nMatch final host real\n  User joe\nHost real\n  Port 5",
    { host: "alias" },
  ],
  ["Match final all", "Match final all\n  Port 5\nHost *\n  User joe", { host: "alias" }],
  ["Match !final", "Match !final host alias\n  Port 5\nMatch final\n  User joe", { host: "alias" }],
  [
    "Match final behind a criterion that is false",
    "Match user nobody final\n  Port 5\nHost alias\n  Port 6\nHost ALIAS\n  User joe",
    { host: "ALIAS" },
  ],
  ["Match canonical without a second pass", "Match canonical host alias\n  Port 5", { host: "alias" }],
  [
    "Match canonical with CanonicalizeHostname and no domains",
    "CanonicalizeHostname yes\nMatch canonical host alias\n  Port 5",
    { host: "alias" },
  ],
  ["a Match exec that cannot apply", 'Match host other exec "false"\n  Port 5', { host: "alias" }],
  ["a Match exec before a criterion that is false", 'Match exec "true" host other\n  Port 5', { host: "alias" }],

  [
    "IdentityFile accumulates, without duplicates",
    "IdentityFile /a\nHost alias\n  IdentityFile /b\n  IdentityFile /a\nHost *\n  IdentityFile /c",
    { host: "alias" },
  ],
  ["IdentityFile none", "IdentityFile none", { host: "alias" }],
  ["IdentityFile in quotes", 'IdentityFile "/a key"', { host: "alias" }],
  ["IdentitiesOnly", "IdentitiesOnly TRUE", { host: "alias" }],
  ["IdentityAgent", "IdentityAgent /run/agent.sock", { host: "alias" }],
  ["IdentityAgent none", "IdentityAgent none", { host: "alias" }],

  ["ProxyJump", "ProxyJump joe@one:33,two,[::1]:5", { host: "alias" }],
  ["ProxyJump none before another", "ProxyJump none\nHost *\n  ProxyJump one", { host: "alias" }],
  ["ProxyCommand none before ProxyJump", "ProxyCommand none\nHost *\n  ProxyJump one", { host: "alias" }],
  ["ProxyJump before ProxyCommand", "ProxyJump one\nHost *\n  ProxyCommand nc %h %p", { host: "alias" }],
  ["ProxyJump through the same host on another port", "Port 23\nProxyJump alias:22", { host: "alias" }],
  ["a ProxyJump user with an at sign", "ProxyJump a@b@c", { host: "alias" }],

  ["UserKnownHostsFile", 'UserKnownHostsFile /a "/b"', { host: "alias" }],
  ["UserKnownHostsFile none", "UserKnownHostsFile none", { host: "alias" }],
  ["GlobalKnownHostsFile", "GlobalKnownHostsFile /a /b", { host: "alias" }],
  ["HostKeyAlias", "HostKeyAlias Cluster", { host: "alias" }],
  ["HashKnownHosts", "HashKnownHosts yes", { host: "alias" }],
  ["ConnectTimeout in seconds", "ConnectTimeout 7", { host: "alias" }],
  ["ConnectTimeout with units", "ConnectTimeout 1h2m3", { host: "alias" }],
  ["ConnectTimeout none leaves it to a later line", "ConnectTimeout none\nConnectTimeout 4", { host: "alias" }],
  ["StrictHostKeyChecking off", "StrictHostKeyChecking off", { host: "alias" }],
  ["StrictHostKeyChecking accept-new", "StrictHostKeyChecking accept-new", { host: "alias" }],
  ["AddressFamily", "AddressFamily inet6", { host: "alias" }],
  ["BindAddress", "BindAddress 127.0.0.2", { host: "alias" }],
];

describe(`ssh_config is read as ssh reads it${ifOpenSsh}`, () => {
  it.skipIf(!hasOpenSsh).each(cases)("%s", async (_title, config, query) => {
    await expectSameAsSsh(config, query);
  });

  it.skipIf(!hasOpenSsh)(
    "Include: globs in byte order, in the block they stand in, and blocks that end with the file",
    async () => {
      mkdirSync(directory.file("parts"));
      writeFileSync(directory.file("parts/b.conf"), "Host alias\n  User fromB\nHost other\n  Port 99");
      writeFileSync(directory.file("parts/a.conf"), "Host other\n  User fromA");
      writeFileSync(directory.file("parts/.hidden.conf"), "User hidden");
      writeFileSync(directory.file("parts/c.txt"), "User text");
      writeFileSync(directory.file("deep"), `Include ${directory.path}/parts/[a-b].conf`);
      const star = `Include ${directory.path}/missing ${directory.path}/parts/*.conf\nPort 5`;
      await expectSameAsSsh(star, { host: "alias" });
      await expectSameAsSsh(star, { host: "other" });
      await expectSameAsSsh(`Host alias\n  ${star}\n  IdentityFile /after`, { host: "alias" });
      await expectSameAsSsh(`Host none\n  ${star}\nHost alias\n  Port 6`, { host: "alias" });
      await expectSameAsSsh(`Include "${directory.path}/deep"\nHost alias\n  User late`, { host: "alias" });
      await expectSameAsSsh(`Include ${directory.path}/parts/?.txt`, { host: "alias" });
    },
  );

  it.skipIf(!hasOpenSsh)("tokens, variables and the tilde in file names", async () => {
    const text = [
      "HostName 127.0.0.%h",
      "User joe",
      ...["~/key-%n-%h-%p-%r-%u-%i-%%", "%d/home", "${SAMEWIRE_TEST}/%k", "%L/%l", "%C"].map(
        (name) => `IdentityFile ${name}`,
      ),
    ].join("\n");
    const file = configFile(text);
    process.env["SAMEWIRE_TEST"] = "/from%h";
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const { stderr } = await run("ssh", ["-v", "-F", file, "-o", "BatchMode=yes", "-p", String(port), "1"]);
      const theirs = [...stderr.matchAll(/identity file (.*) type -?\d+/g)]
        .map(([, name]) => name)
        .filter((name) => !name?.endsWith("-cert"));
      const own = userInfo().homedir;
      const ours = resolveSshConfig({ host: "1", port }, { file }).identityFiles?.map((name) =>
        name.replace(homedir(), own),
      );
      expect(theirs).toHaveLength(5);
      expect(ours).toEqual(theirs);
    } finally {
      delete process.env["SAMEWIRE_TEST"];
      server.close();
    }
  });
});
