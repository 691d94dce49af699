import { getTransport } from "../../src/index.ts";
import { FileTree, startWebdavServer } from "../../src/testing.ts";
import { Cutter } from "./cutter.ts";
import { onTheServer, onTheWire, stepsIn } from "./embedded-site.ts";
import type { RepetitionSite, RepetitionSubject, Step } from "./repetition-site.ts";

const stepsOf: Readonly<Partial<Record<string, readonly Step[]>>> = {
  PROPFIND: ["look", "list"],
  GET: ["open to read", "digest"],
  MOVE: ["rename"],
  MKCOL: ["mkdir"],
  DELETE: ["delete", "rmdir"],
  COPY: ["copy"],
  LOCK: ["lock"],
  UNLOCK: ["unlock"],
};

export async function embeddedDavSite(): Promise<RepetitionSite> {
  const cutter = new Cutter();
  const tree = new FileTree();
  const server = await startWebdavServer({
    tree,
    onRequest: ({ method, target }) => {
      // A directory that is there is made once more to learn what the server says to that.
      if (method === "MKCOL" && isDirectory(tree, target)) return "answer";
      if (method === "PUT") return cutter.react([target.includes("/.samewire-") ? "write" : "open to write"]);
      return cutter.react(stepsOf[method] ?? []);
    },
  });
  const transport = getTransport(server.url.replace(/^http/, "dav"), []);
  return {
    ...(await onTheWire(transport, server, cutter)),
    ...onTheServer(tree, ""),
  };
}

function isDirectory(tree: FileTree, target: string): boolean {
  const names = target.split("/").filter((name) => name !== "");
  const parent = `/${names.slice(0, -1).join("/")}`;
  return names.length === 0 || tree.readdir(parent).some(({ name }) => name === names.at(-1));
}

const steps = stepsIn(stepsOf, "write", "open to write");

/** The server of this package, by WebDAV. What is to be renamed, and where to, is looked at before: it is known afterwards. */
export const embeddedDav: RepetitionSubject = {
  name: "dav on the in-process server",
  open: embeddedDavSite,
  // What the server answers to a GET it answers as any web server: at once.
  steps: { before: steps, after: new Set([...steps].filter((step) => step !== "open to read" && step !== "digest")) },
  leftOut: ["openWriteStream: before open to write", "openWriteStream: after open to write"],
  otherwise: {
    "rename, onto a file: before rename": { outcome: "resolves", left: { other: "new" }, sent: 2 },
    "ensureBase: after mkdir": { sent: 1 },
    "createPrefix: after mkdir": { sent: 1 },
  },
};
