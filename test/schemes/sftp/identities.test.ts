import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  agentSocket,
  defaultIdentityFiles,
  missingIdentity,
  parseIdentity,
  passphraseNeeded,
  privateHalfMissing,
  readIdentity,
} from "../../../src/schemes/sftp/identities.ts";
import type { KeyPair } from "./keys.ts";
import { ed25519 as publicKey, makeKey } from "./keys.ts";
import { hasOpenSsh, ifOpenSsh, run, temporaryDirectory } from "./openssh-client.ts";

const directory = temporaryDirectory();
afterAll(() => {
  directory[Symbol.dispose]();
});

describe("identities", () => {
  it("a missing file is no identity, and no error by itself", () => {
    expect(readIdentity(directory.file("missing"))).toBeUndefined();
    expect(missingIdentity("/k").message).toContain("/k");
  });

  it("a public key is told from a private one", () => {
    writeFileSync(directory.file("id.pub"), `${publicKey.text} joe@example.com\n`);
    const identity = readIdentity(directory.file("id.pub"));
    expect(identity).toEqual({ kind: "public", file: directory.file("id.pub"), publicKey: publicKey.blob });
    expect(privateHalfMissing("/k/id.pub").message).toContain("Name /k/id, or");
  });

  it("what is no key is refused, as is what cannot be read", () => {
    for (const content of [
      "",
      "hello",
      "ssh-ed25519 AAAA",
      "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
      "-----BEGIN CERTIFICATE-----\n",
    ]) {
      writeFileSync(directory.file("junk"), content);
      expect(() => readIdentity(directory.file("junk"))).toThrow(
        expect.objectContaining({ code: "authentication-failed", message: expect.stringContaining("junk") }),
      );
    }
    expect(() => readIdentity(directory.path)).toThrow(expect.objectContaining({ code: "authentication-failed" }));
  });

  it("a PuTTY key says whether it is encrypted", () => {
    const encryption = (name: string) =>
      parseIdentity(Buffer.from(`PuTTY-User-Key-File-2: ssh-rsa\r\nEncryption: ${name}\r\nComment: x\r\n`), "ppk");
    expect(encryption("none")).toMatchObject({ kind: "private", encrypted: false });
    expect(encryption("aes256-cbc")).toMatchObject({ kind: "private", encrypted: true });
  });

  it("a tilde is told to be the shell's", () => {
    expect(missingIdentity("~/.ssh/id").hint).toContain("os.homedir()");
    expect(missingIdentity("/a/~/id").hint).toContain("Name one that exists");
  });

  it("an encrypted key asks for a passphrase by name", () => {
    expect(passphraseNeeded("/k", false)).toMatchObject({
      code: "authentication-failed",
      message: expect.stringContaining("/k is encrypted"),
    });
    expect(passphraseNeeded("/k", true).message).toContain("does not open /k");
  });

  it("the agent is the configured one, none, or the environment's", () => {
    const before = process.env["SSH_AUTH_SOCK"];
    try {
      process.env["SSH_AUTH_SOCK"] = "/run/agent";
      expect([agentSocket(undefined), agentSocket("/other"), agentSocket(null)]).toEqual([
        "/run/agent",
        "/other",
        undefined,
      ]);
      process.env["SSH_AUTH_SOCK"] = "";
      expect(agentSocket(undefined)).toBeUndefined();
    } finally {
      if (before === undefined) delete process.env["SSH_AUTH_SOCK"];
      else process.env["SSH_AUTH_SOCK"] = before;
    }
  });
});

describe.skipIf(!hasOpenSsh)(`keys made by ssh-keygen${ifOpenSsh}`, () => {
  const keys: KeyPair[] = [];
  beforeAll(async () => {
    const kinds = ["ed25519", "ecdsa", "rsa"] as const;
    const made = kinds.flatMap((kind) => {
      const bits = kind === "rsa" ? ["-b", "2048"] : [];
      return [
        makeKey(directory.file(kind), kind, ...bits),
        makeKey(directory.file(`${kind}-encrypted`), kind, "-N", "secret", ...bits),
      ];
    });
    keys.push(...(await Promise.all(made)));
  });

  it("show their public half and whether they are encrypted, also without the .pub file", () => {
    for (const { file, blob } of keys) {
      copyFileSync(file, `${file}-alone`);
      expect(readIdentity(`${file}-alone`)).toMatchObject({
        kind: "private",
        encrypted: file.endsWith("-encrypted"),
        publicKey: blob,
      });
    }
  });

  it("in the older PEM forms show their public half by the .pub file", async () => {
    for (const form of ["PEM", "PKCS8"]) {
      for (const passphrase of ["", "secret"]) {
        const file = directory.file(`${form}-${passphrase}`);
        await makeKey(file, "ecdsa", "-m", form, "-N", passphrase);
        const before = readFileSync(`${file}.pub`, "latin1");
        expect(readIdentity(file)).toMatchObject({
          kind: "private",
          encrypted: passphrase !== "",
          publicKey: Buffer.from(before.split(" ")[1] ?? "", "base64"),
        });
        rmSync(`${file}.pub`);
        expect(readIdentity(file)).toMatchObject({ encrypted: passphrase !== "", publicKey: undefined });
      }
    }
  });

  it("by default are tried in ssh's order", async () => {
    const { stdout } = await run("ssh", ["-G", "-F", "none", "example.com"]);
    const theirs = [...stdout.matchAll(/^identityfile ~(.*)$/gm)].map(([, name]) => name);
    const ours = defaultIdentityFiles().map((file) => file.slice(file.indexOf("/.ssh/")));
    expect(theirs.filter((name) => ours.includes(name ?? ""))).toEqual(ours);
  });
});
