import type { TransportOptions } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import type { FileTree, SftpRequestName } from "../../src/testing.ts";
import { startSftpServer } from "../../src/testing.ts";
import { fingerprintOf } from "../reuse/sites.ts";
import { Cutter } from "./cutter.ts";
import { onTheServer, onTheWire, stepsIn } from "./embedded-site.ts";
import type { RepetitionSite, RepetitionSubject, Step } from "./repetition-site.ts";

const stepsOf: Readonly<Partial<Record<SftpRequestName, readonly Step[]>>> = {
  lstat: ["look"],
  stat: ["look"],
  opendir: ["list"],
  readlink: ["readlink"],
  write: ["write", "append", "note"],
  "posix-rename@openssh.com": ["rename", "lock"],
  mkdir: ["mkdir"],
  symlink: ["symlink"],
  "hardlink@openssh.com": ["hardlink"],
  remove: ["delete", "remove the note"],
  rmdir: ["rmdir", "unlock"],
  "copy-data": ["copy"],
  setstat: ["attributes"],
};

const home = "/home/joe";

/** A site whose tree can be changed by others while an operation runs. */
export interface EmbeddedSftpSite extends RepetitionSite {
  readonly tree: FileTree;
  readonly cutter: Cutter;
}

export async function embeddedSftpSite(options: TransportOptions = {}): Promise<EmbeddedSftpSite> {
  const cutter = new Cutter();
  const server = await startSftpServer({
    onRequest: (name, path = "") => {
      // What is opened to be written has another name than a temporary only where it is written in place.
      const opened: readonly Step[] = isTemporary(path) ? [] : ["open to read", "digest", "open to write"];
      return cutter.react(name === "open" ? opened : (stepsOf[name] ?? []));
    },
  });
  const { tree } = server;
  const transport = getTransport(server.url, [], {
    ...options,
    password: server.password,
    ssh: {
      config: null,
      agent: null,
      identityFile: null,
      hostKeyFingerprints: server.hostKeys.map((key) => fingerprintOf(key.public)),
    },
  });
  return {
    tree,
    cutter,
    ...(await onTheWire(transport, server, cutter)),
    ...onTheServer(tree, home),
  };
}

function isTemporary(path: string): boolean {
  return path.includes("/.samewire-");
}

const steps = stepsIn(stepsOf, "open to read", "digest", "open to write");

/** The server of this package, by SFTP. Nobody looks at what is to be renamed before it is. */
export const embeddedSftp: RepetitionSubject = {
  name: "sftp on the in-process server",
  open: () => embeddedSftpSite(),
  steps: { before: steps, after: steps },
  otherwise: {
    "put in place, from a source: after open to write": { left: { file: "" } },
    "rename: after rename": { outcome: "unknown" },
    "rename, onto a file: after rename": { outcome: "unknown" },
    "rename, of a directory: after rename": { outcome: "unknown" },
  },
};
