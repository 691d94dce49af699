import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { ConfirmHostKey, SshOptions } from "../../../src/index.ts";
import { generateSshKey, startSftpServer } from "../../../src/testing.ts";
import { fingerprintOf, toThisMachine } from "../sites.ts";
import type { Surroundings } from "./common-cases.ts";
import { commonCases, password, startSurroundings, user } from "./common-cases.ts";
import type { MatrixSite } from "./matrix.ts";
import type { OptionCase } from "./option-case.ts";
import { values, withId } from "./option-case.ts";
import { startSshAgent } from "./ssh-agent.ts";
import { tlsParties } from "./tls-cases.ts";

const ssh = (some: SshOptions, other: SshOptions, none: SshOptions): OptionCase =>
  values({ ssh: some }, { ssh: other }, { ssh: none });

/** An SSH server with two jump hosts in front of it, two agents, and the files that one has in ~/.ssh. */
export async function sftpMatrixSite(): Promise<MatrixSite> {
  const surroundings = await startSurroundings();
  const write = writerIn(surroundings);
  const keys = await Promise.all([generateSshKey("ed25519"), generateSshKey("ed25519")]);
  const [key, otherKey] = keys;
  // The second password is what it answers prompts with.
  const prompts = [{ text: "Password: ", echo: false, answer: "another password" }];
  const joe = { password, prompts, publicKeys: keys.map((pair) => pair.public) };
  const server = await startSftpServer({ users: { [user]: joe, ann: { password } } });
  const jumps = await Promise.all([0, 1].map(() => startSftpServer({ users: { [user]: { password } } })));
  const [jump, otherJump] = jumps.map(({ port }) => `sftp://${user}:${password}@127.0.0.1:${port}/`) as [
    string,
    string,
  ];
  const agents = [
    await startSshAgent(join(surroundings.folder, "agent"), key),
    await startSshAgent(join(surroundings.folder, "other agent"), otherKey),
  ] as const;
  const at = `localhost:${server.port}/`;
  const fingerprints = server.hostKeys.map((one) => fingerprintOf(one.public));
  const under = (names: readonly string[]): string =>
    names.flatMap((name) => server.hostKeys.map((one) => `${name} ${one.public.trim()}\n`)).join("");
  const byName = under([`[localhost]:${server.port}`, "one.example", "other.example"]);
  const everybody = byName + jumps.map((one) => one.knownHosts).join("");
  const [known, alsoKnown] = [await write("known", everybody), await write("known too", everybody)];
  const nobodyKnown = await write("nobody known", "");
  const unpinned = { without: ["ssh.hostKeyFingerprints"] };
  const { server: web, other } = await tlsParties();
  return {
    url: `sftp://${user}@${at}`,
    options: {
      password,
      lookup: toThisMachine,
      ssh: { config: null, agent: null, identityFile: null, hostKeyFingerprints: fingerprints },
    },
    cases: {
      ...commonCases(surroundings, { namelessUrl: `sftp://${at}`, readsNetrc: false }),
      "tls.ca": values({ tls: { ca: web.cert } }, { tls: { ca: other.cert } }, { tls: { ca: null } }),
      "ssh.client": {
        ...ssh({ client: "openssh" }, { client: "ssh2" }, { client: "ssh2" }),
        needs: "openssh-client",
        without: ["ssh.hostKeyFingerprints", "lookup", "password"],
        beside: { ssh: { knownHosts: known, identityFile: await write("key for both", key.private) } },
      },
      "ssh.config": ssh(
        { config: await write("config", "Compression no\n") },
        { config: await write("other config", "Compression yes\n") },
        { config: null },
      ),
      "ssh.privateKey": ssh({ privateKey: key.private }, { privateKey: otherKey.private }, { privateKey: null }),
      "ssh.identityFile": ssh(
        { identityFile: await write("key", key.private) },
        { identityFile: [await write("other key", otherKey.private)] },
        { identityFile: null },
      ),
      // A key that is not encrypted opens with any.
      "ssh.passphrase": {
        ...ssh({ passphrase: "one" }, { passphrase: "other" }, { passphrase: null }),
        beside: { ssh: { privateKey: key.private } },
      },
      "ssh.agent": ssh({ agent: agents[0].path }, { agent: agents[1].path }, { agent: null }),
      "ssh.knownHosts": {
        ...ssh({ knownHosts: known }, { knownHosts: [alsoKnown] }, { knownHosts: null }),
        ...unpinned,
      },
      "ssh.hostKeyFingerprints": ssh(
        { hostKeyFingerprints: fingerprints },
        { hostKeyFingerprints: [...fingerprints, "SHA256:another"] },
        { hostKeyFingerprints: null },
      ),
      "ssh.unknownHostKey": {
        some: () => ({ ssh: { unknownHostKey: "accept" } }),
        other: () => ({ ssh: { unknownHostKey: withId<ConfirmHostKey>(() => () => "accept", "a person") } }),
        none: () => ({ ssh: { unknownHostKey: "refuse" } }),
        ...unpinned,
        beside: { ssh: { knownHosts: nobodyKnown } },
      },
      "ssh.hostKeyAlias": {
        ...ssh({ hostKeyAlias: "one.example" }, { hostKeyAlias: "other.example" }, { hostKeyAlias: null }),
        ...unpinned,
        beside: { ssh: { knownHosts: known } },
      },
      "ssh.proxyJump": {
        ...ssh({ proxyJump: jump }, { proxyJump: [otherJump] }, { proxyJump: null }),
        ...unpinned,
        beside: { ssh: { knownHosts: known } },
      },
      "ssh.ciphers": ssh({ ciphers: ["aes128-ctr"] }, { ciphers: ["aes256-ctr"] }, { ciphers: null }),
      "ssh.encoding": ssh({ encoding: "latin1" }, { encoding: "utf8" }, { encoding: "utf8" }),
    },
    accepted: () => server.accepted,
    close: async () => {
      await Promise.all([server, ...jumps, ...agents].map((one) => one.close()));
      await surroundings.close();
    },
  };
}

function writerIn({ folder }: Surroundings): (name: string, text: string) => Promise<string> {
  return async (name, text) => {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
}
