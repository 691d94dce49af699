import type { SftpRequestName, SshLoginAttempt } from "../../src/testing.ts";
import { FileTree, generateSshKey, startSftpServer } from "../../src/testing.ts";
import { fingerprintOf } from "../../src/schemes/sftp/host-key.ts";
import type { Ending } from "./ending.ts";
import { FaultyNames, hostName } from "./faulty-names.ts";
import type { FileStage } from "./file-doings.ts";
import { files, filesWork } from "./file-doings.ts";
import type { Exceptions, FaultSite } from "./site.ts";
import { startWedge } from "./wedge.ts";

/** An SFTP server of which the test hears each login and each request before it is answered. */
export interface SftpStage extends FileStage {
  readonly names: FaultyNames;
  onLogin: (method: SshLoginAttempt["method"]) => void;
  onRequest: (name: SftpRequestName) => void;
}

export const password = "pass#word/of joe";

const home = "/home/joe";
const ident = "OpenSSH_9.2 samewire";

/** Bytes of the line with which the server introduces itself. */
export const bannerBytes: number = Buffer.byteLength(`SSH-2.0-${ident}\r\n`);

const hostKeys = generateSshKey("ed25519").then((key) => [key]);

/** A wire on which nothing was heard for a while is asked whether it lives, also in the middle of an operation, and is lost if it does not answer. */
const foundOut = (ending: Ending): Exceptions => ({
  silence: { ending, because: "a silent wire is asked for a sign of life, and lost before the operation's own limit" },
});

/** What every SFTP connection has otherwise than others: it is asked for signs of life while it is in use. */
export const sftpExceptions: NonNullable<FaultSite["exceptions"]> = {
  reading: foundOut("succeeds"),
  streaming: foundOut({ fails: "connection-lost", effect: "none", temporary: true }),
  changing: foundOut({ fails: "connection-lost", effect: "unknown", temporary: true }),
  replacing: foundOut("succeeds"),
  looking: foundOut("succeeds"),
};

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
  for (const [name, content] of Object.entries(files)) write(name, content);
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
    works: filesWork,
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

/** The key in a line of `authorized_keys`. */
function publicKeyOf(line: string): Buffer {
  return Buffer.from(line.split(" ")[1] ?? "", "base64");
}
