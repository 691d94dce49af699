import { readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";

import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { appendKnownHost } from "../../../src/schemes/sftp/append-known-host.ts";
import { fingerprintOf } from "../../../src/schemes/sftp/host-key.ts";
import { readKnownHosts } from "../../../src/schemes/sftp/known-hosts.ts";
import type { KeyPair } from "./keys.ts";
import { makeKey } from "./keys.ts";
import { hasOpenSsh, ifOpenSsh, run, temporaryDirectory } from "./openssh-client.ts";

const directory = temporaryDirectory();
let ed25519: KeyPair;
let otherEd25519: KeyPair;
let rsa: KeyPair;
let ecdsa: KeyPair;
let server: ssh2.Server;
let port: number;

describe.skipIf(!hasOpenSsh)(`known_hosts is read as OpenSSH reads it${ifOpenSsh}`, () => {
  beforeAll(async () => {
    [ed25519, otherEd25519, rsa, ecdsa] = await Promise.all([
      makeKey(directory.file("ed"), "ed25519"),
      makeKey(directory.file("ed2"), "ed25519"),
      makeKey(directory.file("rsa"), "rsa", "-b", "2048"),
      makeKey(directory.file("ecdsa"), "ecdsa"),
    ]);
    // It has an Ed25519 key alone; ssh says that it may not log in once it has accepted it.
    server = new ssh2.Server({ hostKeys: [readFileSync(ed25519.file)] }, (client) =>
      client.on("error", () => client.end()),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => {
    server.close();
    directory[Symbol.dispose]();
  });

  /** What ssh makes of the server's key. */
  async function judgeOfSsh(file: string, alias?: string): Promise<string> {
    const options = [
      "BatchMode=yes",
      "StrictHostKeyChecking=yes",
      `UserKnownHostsFile=${file}`,
      "GlobalKnownHostsFile=none",
      "PubkeyAuthentication=no",
      ...(alias === undefined ? [] : [`HostKeyAlias=${alias}`]),
    ];
    const { stderr } = await run("ssh", [
      "-F",
      "none",
      ...options.flatMap((option) => ["-o", option]),
      "-p",
      String(port),
      "127.0.0.1",
      "true",
    ]);
    if (stderr.includes("REVOKED HOST KEY")) return "revoked";
    if (stderr.includes("HAS CHANGED")) return `changed ${/Offending .* key in .*:(\d+)/.exec(stderr)?.[1]}`;
    if (stderr.includes("host key is known for")) return "unknown";
    expect(stderr).toContain("Permission denied");
    return "known";
  }

  function judgeOfOurs(file: string, alias?: string): string {
    const verdict = readKnownHosts([file]).verify({ host: "127.0.0.1", port, alias }, ed25519.blob);
    if (verdict.kind === "certificate-only") return "unknown";
    return verdict.kind === "changed" ? `changed ${verdict.line}` : verdict.kind;
  }

  type Case = [title: string, lines: (name: string) => string[], judgement: string, alias?: string];
  const cases: Case[] = [
    ["the same key", (name) => [`${name} ${ed25519.text}`], "known"],
    ["another key of the same type", (name) => [`${name} ${otherEd25519.text}`], "changed 1"],
    ["a key of another type", (name) => ["# one", `${name} ${rsa.text}`], "changed 2"],
    ["the same key after another", (name) => [`${name} ${otherEd25519.text}`, `${name} ${ed25519.text}`], "known"],
    ["nothing", () => [], "unknown"],
    ["the same key without the port", () => [`127.0.0.1 ${ed25519.text}`], "known"],
    ["another key without the port", () => [`127.0.0.1 ${otherEd25519.text}`], "unknown"],
    [
      "another key with, the same without the port",
      (name) => [`${name} ${rsa.text}`, `127.0.0.1 ${ed25519.text}`],
      "changed 1",
    ],
    ["a wildcard", () => [`* ${ed25519.text}`], "known"],
    ["wildcards in host and port", () => [`[127.0.0.?]:* ${ed25519.text}`], "known"],
    ["a negated name", (name) => [`*,!${name},!127.0.0.1 ${ed25519.text}`], "unknown"],
    ["a name that is negated with its port alone", (name) => [`*,!${name} ${ed25519.text}`], "known"],
    ["a list", (name) => [`other,${name},third ${ed25519.text}`], "known"],
    ["a revoked key", (name) => [`@revoked ${name} ${ed25519.text}`], "revoked"],
    [
      "a revoked key that is also known",
      (name) => [`${name} ${ed25519.text}`, `@revoked * ${ed25519.text}`],
      "revoked",
    ],
    ["a revoked key without the port", () => [`@revoked 127.0.0.1 ${ed25519.text}`], "revoked"],
    ["another key revoked", (name) => [`@revoked * ${otherEd25519.text}`, `${name} ${ed25519.text}`], "known"],
    ["a certificate authority", () => [`@cert-authority * ${ed25519.text}`], "unknown"],
    ["an unknown marker", (name) => [`@other ${name} ${ed25519.text}`], "unknown"],
    ["a type that is not the key's", (name) => [`${name} ssh-rsa ${ed25519.text.split(" ")[1]}`], "unknown"],
    ["an alias", () => [`cluster ${ed25519.text}`], "known", "Cluster"],
    ["an alias beside the name", (name) => [`${name} ${ed25519.text}`], "unknown", "cluster"],
    ["tabs and trailing white space", (name) => [`  ${name}\t${ed25519.text.replace(" ", "\t ")} \t comment`], "known"],
  ];

  let written = 0;
  it.each(cases)("%s", async (_title, lines, judgement, alias) => {
    const file = directory.file(`known_hosts-${++written}`);
    writeFileSync(file, `${lines(`[127.0.0.1]:${port}`).join("\n")}\n`);
    expect(await judgeOfSsh(file, alias)).toBe(judgement);
    expect(judgeOfOurs(file, alias)).toBe(judgement);
  });

  it("names that ssh-keygen hashed", async () => {
    const file = directory.file("hashed");
    writeFileSync(file, `[127.0.0.1]:${port} ${ed25519.text}\nexample.com,10.0.0.1 ${rsa.text}\n::1 ${ecdsa.text}\n`);
    expect((await run("ssh-keygen", ["-q", "-H", "-f", file])).status).toBe(0);
    expect(readFileSync(file, "latin1")).not.toContain("127.0.0.1");
    expect(await judgeOfSsh(file)).toBe("known");
    expect(judgeOfOurs(file)).toBe("known");
    const records = readKnownHosts([file]);
    expect(records.malformed).toEqual([]);
    expect(
      ["example.com", "10.0.0.1", "::1", "example.org"].map((host) => records.keyTypesFor({ host, port: 22 })),
    ).toEqual([["ssh-rsa"], ["ssh-rsa"], [ecdsa.type], []]);
  });

  it("what is recorded here is found by ssh and ssh-keygen, plain and hashed", async () => {
    for (const hashed of [false, true]) {
      const file = directory.file(`recorded-${hashed}`);
      appendKnownHost(file, { host: "127.0.0.1", port }, ed25519.blob, { hashed });
      expect(await judgeOfSsh(file)).toBe("known");
      const { status, stdout } = await run("ssh-keygen", ["-F", `[127.0.0.1]:${port}`, "-f", file]);
      expect(status).toBe(0);
      expect(stdout).toContain(ed25519.text);
    }
  });

  it("fingerprints are those that ssh-keygen prints", async () => {
    for (const key of [ed25519, rsa, ecdsa]) {
      const { stdout } = await run("ssh-keygen", ["-l", "-f", `${key.file}.pub`]);
      expect(stdout).toContain(` ${fingerprintOf(key.blob)} `);
    }
  });
});
