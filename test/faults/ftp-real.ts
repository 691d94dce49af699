import { existsSync, readFileSync, readdirSync } from "node:fs";
import { chown, mkdtemp, stat as lookAt, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { afterAll, beforeAll, describe, expect } from "vitest";

import { isTempName } from "../../src/index.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { ProgramName } from "../servers/find-servers.ts";
import type { RealFtpServer } from "../servers/real-ftp-server.ts";
import { closing, greeting, hasNone, idling } from "./everywhere.ts";
import type { FileStage } from "./file-doings.ts";
import {
  append,
  files,
  filesWork,
  get,
  getBytes,
  list,
  mkdir,
  put,
  putStream,
  remove,
  rename,
  stat,
} from "./file-doings.ts";
import { harmless, harmlessOnce } from "./ftp-acts.ts";
import { faultMatrix } from "./matrix.ts";
import type { Act, Exception, FaultSite } from "./site.ts";
import { startWedge } from "./wedge.ts";

/** A real FTP server, whose control connection alone goes through the wedge. */
export interface RealFtpSubject {
  readonly program: ProgramName;
  readonly start: () => Promise<RealFtpServer>;
  /** With what it is asked for a file: a server of today's with MLST, an older one with STAT. */
  readonly looksWith: "MLST" | "STAT";
}

/** The part of the matrix that shows in what passes between: a command, and the beginning of its answer. */
export function realFtpMatrix({ program, start, looksWith }: RealFtpSubject): void {
  describe.runIf(hasProgram(program))(titleNeeding(program, `against a real ${program}`), () => {
    let server: RealFtpServer;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.stop());

    faultMatrix<FileStage>({
      scheme: `ftp, ${program}`,
      secrets: [],
      wires: 1,
      open: () => openStage(server),
      phases: phasesOf(looksWith),
    });
  });
}

/** It has looked before, so that a look afterwards tells, however the server's packets are cut; of a rename see `ftp`. */
const move: Pick<Act<FileStage>, "name" | "manner" | "run" | "happened"> = {
  ...rename,
  name: "move",
  manner: "looking",
  run: (transport, options) => transport.move("small", "renamed", options),
};

const sameAsAlways = hasNone("it is the same whoever is at the other end: see `ftp`");
const opening = { name: "stat", run: stat.run };

/** Strikes when an answer is seen that has a code like this, to a command that has gone by: what was asked for is done by then. */
function answering(command: string, code: RegExp): Act<FileStage>["arm"] {
  const isCommand = new RegExp(`^${command}\\b`, "m");
  const isAnswer = new RegExp(`^(?:${code.source})[ -]`, "m");
  return ({ wedge }, strike) => {
    let asked = false;
    wedge.atSight((chunk, direction) => {
      if (direction === "down") return asked && isAnswer.test(chunk.toString("latin1"));
      asked ||= isCommand.test(chunk.toString("latin1"));
      return false;
    }, strike);
  };
}

function whileConnecting(command: string, code: RegExp): Act<FileStage> {
  return { ...stat, name: `stat, at ${command}`, manner: "connecting", arm: answering(command, code) };
}

/** How many bytes the answers have is the server's to choose: whether they arrive within a minute is told where the test chooses them. */
const elsewhere: { readonly drip: Exception } = {
  drip: { ending: "does not apply", because: "how long the replies are is for the server to choose: see `ftp`" },
};

/** TYPE is sent along with FEAT, and how the answers to both are cut is the server's and the network's to choose. */
const behindFeat: { readonly garbage: Exception } = {
  garbage: {
    ending: { fails: ["protocol-error", "timeout"], effect: "none" },
    because:
      "where the end of FEAT's answer comes in one packet with that to TYPE, garbage in its place is one more line of FEAT's",
  },
};

function phasesOf(looksWith: "MLST" | "STAT"): FaultSite<FileStage>["phases"] {
  return {
    resolve: sameAsAlways,
    connect: sameAsAlways,
    banner: greeting(opening),
    handshake: hasNone("the session is in the clear"),
    authentication: [whileConnecting("USER", /331/), whileConnecting("PASS", /230/)],
    session: [whileConnecting("FEAT", /211/), { ...whileConnecting("TYPE", /200/), exceptions: behindFeat }],
    request: [
      { ...stat, arm: answering(looksWith, /2\d\d/), exceptions: elsewhere },
      { ...list, arm: answering("EPSV", /229/), exceptions: elsewhere },
      { ...mkdir, arm: answering("MKD", /257/), exceptions: elsewhere },
      { ...remove, arm: answering("DELE", /250/), exceptions: elsewhere },
    ],
    "first byte": [
      { ...get, manner: "reading", arm: answering("RETR", /150/), exceptions: elsewhere },
      { ...getBytes, arm: answering("RETR", /150/), exceptions: elsewhere },
      { ...putStream, arm: answering("STOR", /150/), exceptions: harmlessOnce(elsewhere) },
    ],
    middle: hasNone("data does not go by way of the control connection: see `ftp`"),
    "last acknowledgement": [
      { ...getBytes, arm: answering("RETR", /226/), exceptions: elsewhere },
      { ...put, name: "put, at 226", arm: answering("STOR", /226/), exceptions: harmless(elsewhere) },
      { ...put, name: "put, at RNTO", arm: answering("RNTO", /250/), exceptions: elsewhere },
      {
        ...putStream,
        name: "put of a stream, at RNTO",
        manner: "looking",
        arm: answering("RNTO", /250/),
        exceptions: elsewhere,
      },
      { ...append, arm: answering("APPE", /226/), exceptions: elsewhere },
      { ...move, arm: answering("RNTO", /250/), exceptions: elsewhere },
    ],
    idle: idling(opening),
    close: closing(),
  };
}

async function openStage(server: RealFtpServer): Promise<FileStage> {
  const { uid, gid } = await lookAt(server.root);
  const folder = await mkdtemp(join(server.root, "faults-"));
  await chown(folder, uid, gid);
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content);
    await chown(join(folder, name), uid, gid);
  }
  const wedge = await startWedge(server.port);
  const directory = server.directory === "/" ? "" : server.directory;
  return {
    url: `${server.url(`${directory}/${basename(folder)}`, wedge.port)}/`,
    options: { password: server.password },
    wedge,
    // One process of the server's serves each connection; that nobody is connected any more the wedge knows.
    left: () => 0,
    content: (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : undefined),
    has: (name) => existsSync(join(folder, name)),
    works: async (transport, name) => {
      await filesWork(transport, name);
      expect(readdirSync(folder).filter(isTempName), "temporaries that a fault has left behind").toEqual([]);
    },
    close: () => wedge.close(),
  };
}
