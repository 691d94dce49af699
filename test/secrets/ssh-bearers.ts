import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { loadSsh2 } from "../../src/drivers/ssh2-package.ts";
import type { TransportOptions } from "../../src/index.ts";
import type { SshServerUser } from "../../src/testing.ts";
import { startSftpServer } from "../../src/testing.ts";
import { fingerprintOf } from "../reuse/sites.ts";
import type { Bearer } from "./bearer.ts";
import { right, seed } from "./bearer.ts";

/** Each way to be let in over SSH. */
export const sshBearers: Readonly<Record<string, () => Promise<Bearer>>> = {
  "an SSH password": () => sshBearer({ password: right }, (password) => ({ password })),
  "an SSH password in the URL": () => sshBearer({ password: right }, () => ({}), { inUrl: true }),
  "an SSH password that is asked for": () =>
    sshBearer({ password: right }, (secret) => ({ credentials: { ask: () => secret } })),
  "an answer to a prompt": () =>
    sshBearer({ prompts: [{ text: "Code: ", echo: false, answer: right }] }, (secret) => ({
      credentials: { ask: ({ kind }) => (kind === "keyboard-interactive" ? [secret] : undefined) },
    })),
  "the passphrase of a key file": async () => {
    const { privateKey, publicKey } = await lockedKey();
    const folder = await mkdtemp(join(tmpdir(), "samewire-"));
    const identityFile = join(folder, "id");
    await writeFile(identityFile, privateKey, { mode: 0o600 });
    const bearer = await sshBearer({ publicKeys: [publicKey] }, (passphrase) => ({
      ssh: { identityFile, passphrase },
    }));
    return { ...bearer, close: () => bearer.close().then(() => rm(folder, { recursive: true })) };
  },
  "the passphrase of a key": async () => {
    const { privateKey, publicKey } = await lockedKey();
    return await sshBearer({ publicKeys: [publicKey] }, (passphrase) => ({ ssh: { privateKey, passphrase } }), {
      secrets: linesOf(privateKey),
    });
  },
};

/** Nothing of this machine's own. */
const alone = { config: null, agent: null, identityFile: null } as const;

interface Particulars {
  readonly inUrl?: boolean;
  readonly secrets?: readonly string[];
}

async function sshBearer(
  joe: SshServerUser,
  told: (secret: string) => TransportOptions,
  { inUrl = false, secrets = [] }: Particulars = {},
): Promise<Bearer> {
  const server = await startSftpServer({ users: { joe } });
  seed(server.tree, "/file");
  const hostKeyFingerprints = server.hostKeys.map((key) => fingerprintOf(key.public));
  return {
    port: server.port,
    url: (port, secret) => `sftp://joe${inUrl ? `:${encodeURIComponent(secret)}` : ""}@127.0.0.1:${port}/`,
    options: (secret) => {
      const { ssh, ...rest } = told(secret);
      return { ...rest, ssh: { ...alone, hostKeyFingerprints, ...ssh } };
    },
    secrets,
    untrusted: { ssh: { hostKeyFingerprints: null, knownHosts: "/dev/null" } },
    close: () => server.close(),
  };
}

async function lockedKey(): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  const { utils } = await loadSsh2();
  const options = { bits: 256, passphrase: right, cipher: "aes256-ctr", rounds: 4 } as const;
  const pair = utils.generateKeyPairSync("ecdsa", options);
  return { privateKey: pair.private, publicKey: pair.public };
}

function linesOf(privateKey: string): readonly string[] {
  return privateKey.split("\n").filter((line) => line.length > 30 && !line.startsWith("-"));
}
