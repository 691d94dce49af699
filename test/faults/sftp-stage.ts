import type { SftpRequestName, SftpServer, SshKeyPair, SshLoginAttempt } from "../../src/testing.ts";
import { FileTree, generateSshKey, startSftpServer } from "../../src/testing.ts";
import { fingerprintOf } from "../../src/schemes/sftp/host-key.ts";
import type { Ending } from "./ending.ts";
import { FaultyNames, hostName } from "./faulty-names.ts";
import type { FileStage } from "./file-doings.ts";
import { files, filesWork } from "./file-doings.ts";
import type { Act, Exceptions, FaultSite } from "./site.ts";
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

/** Nothing of this machine's own configuration. */
const nobodyElse = { config: null, agent: null, identityFile: null } as const;

export const userKey: Promise<SshKeyPair> = generateSshKey("ed25519");
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

/** Strikes when the server has got a request, whose answer is then what goes wrong. */
export function atRequest(wanted: SftpRequestName): Act<SftpStage>["arm"] {
  return (stage, strike) => {
    stage.onRequest = (name) => {
      if (name === wanted) strike();
    };
  };
}

/** A server by itself, without a way to it. */
type Served = Omit<SftpStage, "url" | "options" | "wedge"> & { readonly server: SftpServer };

export async function openSftpStage(): Promise<SftpStage> {
  const served = await serve();
  const { server, names } = served;
  const wedge = await startWedge(server.port);
  const fingerprints = server.hostKeys.map((key) => fingerprintOf(publicKeyOf(key.public)));
  return Object.assign(served, {
    url: `sftp://joe@${hostName}:${wedge.port}${home}/`,
    options: { password, lookup: names.lookup, ssh: { ...nobodyElse, hostKeyFingerprints: fingerprints } },
    wedge,
    close: async () => {
      names.heal();
      await wedge.close();
      await server.close();
    },
  });
}

/** The same server behind a jump host. The wedge is before that: what it spoils is what both of them say. */
export async function openJumpStage(): Promise<SftpStage> {
  const served = await serve();
  const { private: privateKey, public: publicKey } = await userKey;
  const jump = await startSftpServer({
    users: { joe: { publicKeys: [publicKey] } },
    ident,
    hostKeys: await hostKeys,
  });
  const wedge = await startWedge(jump.port);
  const { server, left } = served;
  return Object.assign(served, {
    url: `sftp://joe@127.0.0.1:${server.port}${home}/`,
    options: {
      ssh: {
        ...nobodyElse,
        privateKey,
        knownHosts: null,
        unknownHostKey: "accept" as const,
        proxyJump: `joe@127.0.0.1:${wedge.port}`,
      },
    },
    wedge,
    left: () => left() + jump.open,
    close: async () => {
      await wedge.close();
      await jump.close();
      await server.close();
    },
  });
}

async function serve(): Promise<Served> {
  const tree = new FileTree();
  const { public: publicKey } = await userKey;
  const server = await startSftpServer({
    users: { joe: { password, publicKeys: [publicKey] } },
    tree,
    home,
    ident,
    hostKeys: await hostKeys,
    onLogin: ({ method }) => {
      served.onLogin(method);
      return "answer";
    },
    onRequest: (name) => {
      served.onRequest(name);
      return "answer";
    },
  });
  const read = (name: string): Buffer => {
    const file = tree.open(`${home}/${name}`, { read: true });
    const content = file.read(0, file.stat().sizeBytes);
    file.close();
    return content;
  };
  const has = (name: string): boolean => tree.readdir(home).some((entry) => entry.name === name);
  const served: Served = {
    server,
    names: new FaultyNames(),
    onLogin: () => undefined,
    onRequest: () => undefined,
    left: () => server.open + tree.openFiles,
    has,
    content: (name) => (has(name) ? read(name) : undefined),
    works: filesWork,
    close: () => server.close(),
  };
  for (const [name, content] of Object.entries(files)) {
    const file = tree.open(`${home}/${name}`, { write: true, create: true, truncate: true });
    file.write(0, content);
    file.close();
  }
  return served;
}

/** The key in a line of `authorized_keys`. */
function publicKeyOf(line: string): Buffer {
  return Buffer.from(line.split(" ")[1] ?? "", "base64");
}
