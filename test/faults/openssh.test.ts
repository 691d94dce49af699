import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe } from "vitest";

import { fingerprintOf } from "../../src/schemes/sftp/host-key.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { OpenSshServer } from "../servers/openssh.ts";
import { startOpenSsh } from "../servers/openssh.ts";
import { closing, greeting, hasNone, idling, quietMs } from "./everywhere.ts";
import type { FileStage } from "./file-doings.ts";
import { files, filesWork, get, getBytes, list, mkdir as make, putStream, stat } from "./file-doings.ts";
import { faultMatrix } from "./matrix.ts";
import { sftpExceptions } from "./sftp-stage.ts";
import { elapsed } from "./settle.ts";
import type { Act, Exception } from "./site.ts";
import { startWedge } from "./wedge.ts";

type Arm = Act<FileStage>["arm"];

const halfWay = 1024 * 1024;
const opening = { name: "stat", run: stat.run };
const sameAsAlways = hasNone("it is the same whoever is at the other end: see `sftp`");
const encrypted = hasNone("what is encrypted shows nobody in between where this begins: see `sftp`");

/** When the server answers for the first time, on a connection on which nothing is due: what was asked for is done by then. */
const atAnswer: Arm = async ({ wedge }, strike) => {
  await elapsed(quietMs);
  wedge.afterBytes(0, "down", strike);
};
/** When the server has said who it is. Its line is longer than this. */
const inBanner: Arm = ({ wedge }, strike) => wedge.afterBytes("SSH-2.0-OpenSSH".length, "down", strike);

/** A directory's handle is so short an answer that it arrives within the limit, byte by byte; then it is the others on the wire who find it wanting. */
const whoeverIsFirst: Exception = {
  ending: { fails: ["timeout", "connection-lost"], effect: "none", temporary: true },
  because: "its own limit or that of another operation ends it, whichever is over first",
};

describe.runIf(hasProgram("openssh-server"))(titleNeeding("openssh-server", "against a real sshd"), () => {
  let server: OpenSshServer;
  beforeAll(async () => {
    server = await startOpenSsh();
  });
  afterAll(() => server.stop());

  faultMatrix<FileStage>({
    scheme: "sftp, OpenSSH",
    secrets: [],
    wires: 1,
    exceptions: sftpExceptions,
    open: () => openStage(server),
    phases: {
      resolve: sameAsAlways,
      connect: sameAsAlways,
      banner: greeting(opening),
      handshake: [{ ...opening, manner: "connecting", arm: inBanner }],
      authentication: encrypted,
      session: encrypted,
      request: [
        { ...stat, arm: atAnswer },
        { ...list, arm: atAnswer, exceptions: { drip: whoeverIsFirst } },
        { ...make, arm: atAnswer },
      ],
      "first byte": encrypted,
      middle: [
        { ...get, arm: ({ wedge }, strike) => wedge.afterBytes(halfWay, "down", strike) },
        { ...getBytes, arm: ({ wedge }, strike) => wedge.afterBytes(halfWay, "down", strike) },
        { ...putStream, arm: ({ wedge }, strike) => wedge.afterBytes(halfWay, "up", strike) },
      ],
      "last acknowledgement": encrypted,
      idle: idling(opening),
      close: closing(),
    },
  });
});

async function openStage(server: OpenSshServer): Promise<FileStage> {
  const folder = await mkdtemp(join(server.root, "faults-"));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const wedge = await startWedge(server.port);
  const fingerprint = fingerprintOf(await hostKeyOf(server));
  return {
    url: `${server.url(folder, wedge.port)}/`,
    options: {
      ssh: { config: null, agent: null, identityFile: server.identityFile, hostKeyFingerprints: fingerprint },
    },
    wedge,
    // One process serves them all; that nobody is connected any more the wedge knows.
    left: () => 0,
    content: (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : undefined),
    has: (name) => existsSync(join(folder, name)),
    works: filesWork,
    close: () => wedge.close(),
  };
}

/** The host's key, from the line that is on record for it. */
async function hostKeyOf({ knownHostsFile }: OpenSshServer): Promise<Buffer> {
  const [, , key = ""] = (await readFile(knownHostsFile, "utf8")).split(/\s+/);
  return Buffer.from(key, "base64");
}
