import { expect } from "vitest";

import type { Transport } from "../../src/index.ts";
import type { SftpRequestName, SshLoginAttempt } from "../../src/testing.ts";
import { FileTree, generateSshKey, startSftpServer } from "../../src/testing.ts";
import { fingerprintOf } from "../../src/schemes/sftp/host-key.ts";
import { patternedBytes } from "../../src/testing/conformance/content.ts";
import { FaultyNames, hostName } from "./faulty-names.ts";
import type { Stage } from "./site.ts";
import { startWedge } from "./wedge.ts";

/** An SFTP server of which the test hears each login and each request before it is answered. */
export interface SftpStage extends Stage {
  readonly names: FaultyNames;
  onLogin: (method: SshLoginAttempt["method"]) => void;
  onRequest: (name: SftpRequestName) => void;
  /** What a file holds, by a look from the other side; undefined where there is none. */
  content(name: string): Buffer | undefined;
  has(name: string): boolean;
}

export const password = "pass#word/of joe";

/** What every stage has in its directory: `small`, `large`, and `kept`, which nobody touches. */
export const small = "what a small file holds";
const kept = "what nobody touches";
export const large: Buffer = patternedBytes(2 * 1024 * 1024);

const home = "/home/joe";
const ident = "OpenSSH_9.2 samewire";

/** Bytes of the line with which the server introduces itself. */
export const bannerBytes: number = Buffer.byteLength(`SSH-2.0-${ident}\r\n`);

const hostKeys = generateSshKey("ed25519").then((key) => [key]);

export async function openSftpStage(): Promise<SftpStage> {
  const tree = new FileTree();
  const names = new FaultyNames();
  const server = await startSftpServer({
    users: { joe: { password } },
    tree,
    home,
    ident,
    hostKeys: await hostKeys,
    onLogin: ({ method }) => {
      stage.onLogin(method);
      return "answer";
    },
    onRequest: (name) => {
      stage.onRequest(name);
      return "answer";
    },
  });
  write("small", Buffer.from(small));
  write("large", large);
  write("kept", Buffer.from(kept));
  const wedge = await startWedge(server.port);
  const fingerprints = server.hostKeys.map((key) => fingerprintOf(publicKeyOf(key.public)));
  const stage: SftpStage = {
    url: `sftp://joe@${hostName}:${wedge.port}${home}/`,
    options: {
      password,
      lookup: names.lookup,
      ssh: { config: null, agent: null, identityFile: null, hostKeyFingerprints: fingerprints },
    },
    wedge,
    names,
    onLogin: () => undefined,
    onRequest: () => undefined,
    left: () => server.open + tree.openFiles,
    has: (name) => tree.readdir(home).some((entry) => entry.name === name),
    content: (name) => (stage.has(name) ? read(name) : undefined),
    works,
    close: async () => {
      names.heal();
      await wedge.close();
      await server.close();
    },
  };
  return stage;

  function write(name: string, content: Uint8Array): void {
    const file = tree.open(`${home}/${name}`, { write: true, create: true, truncate: true });
    file.write(0, content);
    file.close();
  }

  function read(name: string): Buffer {
    const file = tree.open(`${home}/${name}`, { read: true });
    const content = file.read(0, file.stat().sizeBytes);
    file.close();
    return content;
  }
}

async function works(transport: Transport, name: string): Promise<void> {
  await transport.put(name, `content of ${name}`);
  expect(String(await transport.getBytes(name))).toBe(`content of ${name}`);
  expect(String(await transport.getBytes("kept"))).toBe(kept);
}

/** The key in a line of `authorized_keys`. */
function publicKeyOf(line: string): Buffer {
  return Buffer.from(line.split(" ")[1] ?? "", "base64");
}
