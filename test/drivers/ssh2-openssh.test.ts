import type { ChildProcess } from "node:child_process";
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { AuthPlan, AuthRefusal, SshKey, SshTarget } from "../../src/drivers/ssh2.ts";
import { agentKeys, lockedKey, openPrivateKey } from "../../src/drivers/ssh2.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { OpenSshServer } from "../servers/openssh.ts";
import { startOpenSsh } from "../servers/openssh.ts";
import { open, targetAt } from "./ssh2-target.ts";

const run = promisify(execFile);

describe.runIf(hasProgram("openssh-server"))(titleNeeding("openssh-server", "a session on OpenSSH"), () => {
  let server: OpenSshServer;
  let folder: string;
  let made = 0;

  beforeAll(async () => {
    server = await startOpenSsh({ config: ["AllowTcpForwarding no", "MaxSessions 2"] });
    folder = await mkdtemp(join(tmpdir(), "samewire-keys-"));
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function target(plan: () => AuthPlan): SshTarget {
    return targetAt(server.port, { user: server.user, authenticate: plan });
  }

  async function serverKey(): Promise<SshKey> {
    return (await openPrivateKey(await readFile(server.identityFile), undefined)) as SshKey;
  }

  /** How often the server was asked whether it would take a key, and said yes. */
  function questions(): number {
    return server.log.match(/^Postponed publickey for /gm)?.length ?? 0;
  }

  /** A key that the server lets in. */
  async function makeKey(type: string, passphrase: string, ...more: string[]): Promise<string> {
    const file = join(folder, `key ${made++}`);
    await run("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-f", file, ...more]);
    await appendFile(join(server.folder, "authorized_keys"), await readFile(`${file}.pub`));
    return file;
  }

  it("is told which methods are left by every refusal", async () => {
    const refusals: (AuthRefusal | undefined)[] = [];
    const stranger = (await openPrivateKey(await readFile(await strangersKey(folder)), undefined)) as SshKey;
    const wire = await open(
      target(async function* plan() {
        refusals.push(yield { kind: "password", password: "wrong" });
        refusals.push(yield { kind: "key", key: stranger });
        yield { kind: "key", key: await serverKey() };
      }),
    );
    const refusal = { methodsLeft: expect.arrayContaining(["publickey"]), partialSuccess: false };
    expect(refusals).toEqual([refusal, refusal]);
    await wire.end();
  });

  it.each(["ed25519", "ecdsa", "rsa"])("is not asked whether it wants a %s key that can sign at once", async (type) => {
    const key = (await openPrivateKey(await readFile(await makeKey(type, "")), undefined)) as SshKey;
    const [accepted, asked] = [server.logins, questions()];
    const wire = await open(
      target(async function* plan() {
        yield { kind: "key", key };
      }),
    );
    await expect.poll(() => server.logins).toBe(accepted + 1);
    expect(questions()).toBe(asked);
    await wire.end();
  });

  it.each(["ed25519", "ecdsa", "rsa"])(
    "opens a %s key with its passphrase once the server has said that it wants it",
    async (type) => {
      const file = await makeKey(type, "open sesame");
      const content = await readFile(file);
      expect(await openPrivateKey(content, undefined)).toBe("no-passphrase");
      expect(await openPrivateKey(content, "wrong")).toBe("wrong-passphrase");
      const { publicKey } = (await openPrivateKey(content, "open sesame")) as SshKey;
      let unlocked = 0;
      const unlock = async (): Promise<SshKey> => {
        unlocked++;
        return (await openPrivateKey(content, "open sesame")) as SshKey;
      };
      const unwanted = Buffer.from(
        (await readFile(`${await strangersKey(folder)}.pub`, "latin1")).split(" ")[1] ?? "",
        "base64",
      );
      const wire = await open(
        target(async function* plan() {
          yield { kind: "key", key: lockedKey(unwanted, () => Promise.reject(new Error("nobody wants this key"))) };
          yield { kind: "key", key: lockedKey(publicKey, unlock) };
        }),
      );
      expect(unlocked).toBe(1);
      await expect.poll(questions).toBeGreaterThan(0);
      await wire.end();
    },
  );

  it("goes on with the plan where a key stays locked", async () => {
    const file = await makeKey("ed25519", "forgotten");
    const publicKey = Buffer.from((await readFile(`${file}.pub`, "latin1")).split(" ")[1] ?? "", "base64");
    const wire = await open(
      target(async function* plan() {
        yield { kind: "key", key: lockedKey(publicKey, async () => undefined) };
        yield { kind: "key", key: await serverKey() };
      }),
    );
    await wire.end();
  });

  it.each([
    ["rsa", "PEM", ""],
    ["rsa", "PKCS8", ""],
    ["ecdsa", "PKCS8", ""],
    ["rsa", "PEM", "open sesame"],
    ["rsa", "PKCS8", "open sesame"],
  ])("takes a key of the type %s in the form %s, passphrase: %j", async (type, form, passphrase) => {
    const content = await readFile(await makeKey(type, passphrase, "-m", form));
    if (passphrase !== "") {
      expect(await openPrivateKey(content, undefined)).toBe("no-passphrase");
      expect(await openPrivateKey(content, "wrong")).toBe("wrong-passphrase");
    }
    const key = (await openPrivateKey(content, passphrase === "" ? undefined : passphrase)) as SshKey;
    const wire = await open(
      target(async function* plan() {
        yield { kind: "key", key };
      }),
    );
    await wire.end();
  });

  it("says of what is no key that it is of no use", async () => {
    for (const text of ["", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
      expect(await openPrivateKey(Buffer.from(text), undefined)).toBe("unusable");
  });

  it.runIf(hasProgram("openssh-client"))(
    titleNeeding("openssh-client", "uses one key of an agent that holds several"),
    async () => {
      const agent = await startAgent(folder);
      try {
        for (const type of ["ed25519", "rsa"])
          await run("ssh-add", [await makeKey(type, "", "-C", type)], {
            env: { ...process.env, SSH_AUTH_SOCK: agent.socket },
          });
        const keys = await agentKeys(agent.socket);
        expect(keys.map(({ keyType }) => keyType)).toEqual(["ssh-ed25519", "ssh-rsa"]);
        for (const key of keys) {
          const wire = await open(
            target(async function* plan() {
              yield { kind: "key", key };
            }),
          );
          await wire.end();
        }
      } finally {
        agent.process.kill();
      }
      await expect(agentKeys(join(folder, "nobody"))).rejects.toMatchObject({ code: "authentication-failed" });
    },
  );

  it("takes MaxSessions for a limit of now, and a forbidden tunnel for permission-denied", async () => {
    const wire = await open(
      target(async function* plan() {
        yield { kind: "key", key: await serverKey() };
      }),
    );
    await Promise.all([wire.openSubsystem("sftp"), wire.openSubsystem("sftp")]);
    await expect(wire.openSubsystem("sftp")).rejects.toMatchObject({ code: "too-many-connections", temporary: true });
    await expect(wire.openTunnel("127.0.0.1", server.port)).rejects.toMatchObject({ code: "permission-denied" });
    await wire.ping();
    await wire.end();
    await expect.poll(() => server.openConnections).toBe(0);
  });
});

async function strangersKey(folder: string): Promise<string> {
  const file = join(folder, "stranger");
  if (!existsSync(file)) await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
  return file;
}

async function startAgent(folder: string): Promise<{ readonly process: ChildProcess; readonly socket: string }> {
  const socket = join(folder, "agent");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 10));
  return { process: agent, socket };
}
