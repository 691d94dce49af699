import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { FileTree, sftpServerExtensions } from "../../src/testing.ts";
import type { SftpRequestName } from "../../src/testing.ts";
import { makeDirectories } from "../../src/testing/servers/make-directories.ts";
import { SftpSession } from "../../src/testing/servers/sftp-session.ts";
import type { FileStage } from "./file-doings.ts";
import { files, filesWork } from "./file-doings.ts";
import { elapsed } from "./settle.ts";
import type { Act } from "./site.ts";
import type { Striker } from "./striker.ts";
import { startWedge } from "./wedge.ts";

/** How far a process of ssh has come: it was started, has reached the server, has shown whom it has found there. */
export type ProcessStep = "started" | "connected" | "identified";

/** Processes by the name of ssh whose every word comes from the test, by way of the wedge. */
export interface ProcessStage extends FileStage {
  /** The processes themselves are killed (`reset`), or stopped, so that they do nothing any more (`silence`); what they say goes wrong by the wedge. */
  readonly processes: Striker;
  onStep: (step: ProcessStep) => void;
  onRequest: (name: SftpRequestName) => void;
}

/**
 * A program that is nothing but a mouth: what it hears on a connection to the port that it was told it says on stderr up to an empty line, and on stdout from there
 * on; what it is told on stdin it passes on. It ends with status 0 after its input has ended, and else with 255, as ssh does.
 */
const mouth = `#!${process.execPath}
const socket = require("node:net").connect({ port: Number(process.argv[process.argv.indexOf("-p") + 1]), host: "127.0.0.1", noDelay: true });
let head = Buffer.alloc(0);
let told = false;
socket.write(process.pid + "\\n");
process.stdin.on("data", (chunk) => socket.write(chunk));
process.stdin.on("end", () => { told = true; socket.end(); });
socket.on("data", (chunk) => {
  if (head === undefined) return void process.stdout.write(chunk);
  head = Buffer.concat([head, chunk]);
  const at = head.indexOf("\\n\\n");
  process.stderr.write(at < 0 ? head : head.subarray(0, at + 1));
  const rest = at < 0 ? undefined : head.subarray(at + 2);
  head = at < 0 ? head.subarray(head.length) : undefined;
  if (rest !== undefined && rest.length > 0) process.stdout.write(rest);
});
socket.on("error", () => undefined);
socket.on("close", () => process.exit(told ? 0 : 255));
`;

/** Puts the program first in this process's PATH, until it is disposed. */
export async function mouthInPath(): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "samewire-ssh-"));
  await writeFile(join(folder, "ssh"), mouth);
  await chmod(join(folder, "ssh"), 0o755);
  const { PATH = "" } = process.env;
  process.env["PATH"] = `${folder}${delimiter}${PATH}`;
  return {
    [Symbol.asyncDispose]: async () => {
      process.env["PATH"] = PATH;
      await rm(folder, { recursive: true });
    },
  };
}

const home = "/home/joe";

/** Between two words of ssh, in the matrix's time. */
const wordsApartMs = 100;

/** What ssh says of its progress, before each step and at last. */
const words: Readonly<Record<ProcessStep, string>> = {
  started: "debug1: Connecting to 127.0.0.1 [127.0.0.1] port 22.\ndebug1: Connection established.\n",
  connected: "debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2 samewire\n",
  identified:
    'debug1: SSH2_MSG_SERVICE_ACCEPT received\nAuthenticated to 127.0.0.1 ([127.0.0.1]:22) using "publickey".\n\n',
};

export async function openProcessStage(): Promise<ProcessStage> {
  const tree = new FileTree();
  makeDirectories(tree, home);
  for (const [name, content] of Object.entries(files)) {
    const file = tree.open(`${home}/${name}`, { write: true, create: true, truncate: true });
    file.write(0, content);
    file.close();
  }
  const pids = new Map<Socket, number>();
  const server = createServer({ noDelay: true }, (socket) => {
    const leave = (): void => void pids.delete(socket);
    socket.on("error", leave).on("close", leave);
    socket.once("data", (first: Buffer) => {
      socket.pause();
      const at = first.indexOf("\n");
      pids.set(socket, Number(first.subarray(0, at).toString()));
      socket.unshift(first.subarray(at + 1));
      void attend(socket);
    });
  });
  const attend = async (socket: Socket): Promise<void> => {
    for (const step of ["started", "connected", "identified"] as const) {
      stage.onStep(step);
      socket.write(words[step]);
      // What was said before is not spoilt by what strikes later.
      await elapsed(wordsApartMs);
    }
    const session = new SftpSession(socket, {
      tree,
      home,
      encoding: "utf8",
      extensions: sftpServerExtensions,
      maxHandles: 0,
      linkTargetFirst: true,
      counted: () => undefined,
      onRequest: (name) => {
        stage.onRequest(name);
        return "answer";
      },
      drop: () => socket.destroy(),
    });
    socket.on("close", () => session.end());
    socket.resume();
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const wedge = await startWedge((server.address() as AddressInfo).port);
  const has = (name: string): boolean => tree.readdir(home).some((entry) => entry.name === name);
  const read = (name: string): Buffer => {
    const file = tree.open(`${home}/${name}`, { read: true });
    const content = file.read(0, file.stat().sizeBytes);
    file.close();
    return content;
  };
  const stage: ProcessStage = {
    url: `sftp://joe@127.0.0.1:${wedge.port}${home}/`,
    options: { ssh: { client: "openssh", config: null } },
    wedge,
    processes: {
      strike: (fault) => {
        if (fault !== "reset" && fault !== "silence") return wedge.strike(fault);
        for (const pid of pids.values()) signalTo(pid, fault === "reset" ? "SIGKILL" : "SIGSTOP");
      },
      heal: () => undefined, // What is stopped stays so: it is the library's to end.
    },
    onStep: () => undefined,
    onRequest: () => undefined,
    left: () => pids.size + tree.openFiles,
    has,
    content: (name) => (has(name) ? read(name) : undefined),
    works: filesWork,
    close: async () => {
      for (const pid of pids.values()) signalTo(pid, "SIGKILL");
      await wedge.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return stage;
}

function signalTo(pid: number, signal: "SIGKILL" | "SIGSTOP"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended a moment ago, and its connection is about to.
  }
}

/** Strikes when a process has come so far, and is about to say what comes next. */
export function atStep(wanted: ProcessStep): Act<ProcessStage>["arm"] {
  return (stage, strike) => {
    stage.onStep = (step) => {
      if (step === wanted) strike();
    };
  };
}

/** Strikes when the server has got a request, whose answer is then what goes wrong. */
export function atRequest(wanted: SftpRequestName): Act<ProcessStage>["arm"] {
  return (stage, strike) => {
    stage.onRequest = (name) => {
      if (name === wanted) strike();
    };
  };
}
