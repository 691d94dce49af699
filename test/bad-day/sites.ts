import { mkdir, mkdtemp, readFile, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { SshOptions, TransportOptions } from "../../src/index.ts";
import type { SftpReaction, SftpRequestName, SftpServerOptions, Tap } from "../../src/testing.ts";
import { FileTree, startSftpServer, startTap } from "../../src/testing.ts";
import type { OpenSshServer } from "../servers/openssh.ts";
import type { Door } from "./door.ts";
import { openDoor } from "./door.ts";

/** The name under which the servers' keys are on record, whatever port leads to them. */
export const alias = "server.example";

/** A server behind a door and a tap, with a directory that can be looked at from the other side. */
export interface BadDaySite {
  /** The directory's URL, through the door. */
  readonly url: string;
  /** With which the server is trusted and lets one in. */
  readonly options: TransportOptions;
  readonly secrets: readonly string[];
  /** Of this site alone; has the server's key under `alias`. */
  readonly knownHostsFile: string;
  /** For files of the test. */
  readonly folder: string;
  readonly door: Door;
  readonly tap: Tap;
  seed(name: string, content: string | Uint8Array): Promise<void>;
  /** What a file holds, by a look from the other side. */
  reread(name: string): Promise<string>;
  names(): Promise<string[]>;
  close(): Promise<void>;
}

/** A site of which the test decides how each request is answered. */
export interface EmbeddedSite extends BadDaySite {
  react: (name: SftpRequestName, path: string | undefined) => SftpReaction;
  /** Files that the server holds open. */
  openFiles(): number;
}

const password = "pass#word/of joe";

export async function embeddedSite(options: SftpServerOptions = {}): Promise<EmbeddedSite> {
  const tree = new FileTree();
  const server = await startSftpServer({
    users: { joe: { password } },
    tree,
    onRequest: (name, path) => site.react(name, path),
    ...options,
  });
  const folder = await mkdtemp(join(tmpdir(), "samewire-"));
  const knownHostsFile = await recordKeys(folder, server.knownHosts);
  const tap = await startTap({ port: server.port });
  const door = await openDoor(tap.port);
  const home = "/home/joe";
  const site: EmbeddedSite = {
    url: `sftp://joe@127.0.0.1:${door.port}${home}/`,
    options: { password, ssh: trusting(knownHostsFile, { identityFile: null }) },
    secrets: [password, encodeURIComponent(password)],
    knownHostsFile,
    folder,
    door,
    tap,
    react: () => "answer",
    openFiles: () => tree.openFiles,
    seed: async (name, content) => {
      const file = tree.open(`${home}/${name}`, { write: true, create: true, truncate: true });
      file.write(0, Buffer.from(content));
      file.close();
      await Promise.resolve();
    },
    reread: async (name) => {
      const file = tree.open(`${home}/${name}`, { read: true });
      const content = file.read(0, file.stat().sizeBytes);
      file.close();
      return await Promise.resolve(String(content));
    },
    names: async () => await Promise.resolve(tree.readdir(home).map(({ name }) => name)),
    close: async () => {
      await door.close();
      await tap.close();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
  return site;
}

export async function openSshSite(server: OpenSshServer): Promise<BadDaySite> {
  const folder = await realpath(await mkdtemp(join(server.root, "bad-day-")));
  const files = join(folder, "files");
  await mkdir(files);
  const knownHostsFile = await recordKeys(folder, await readFile(server.knownHostsFile, "utf8"));
  const tap = await startTap({ port: server.port });
  const door = await openDoor(tap.port);
  const key = await readFile(server.identityFile, "utf8");
  return {
    url: `${server.url(files, door.port)}/`,
    options: { ssh: trusting(knownHostsFile, { identityFile: server.identityFile }) },
    secrets: [key, ...key.split("\n").filter((line) => line.length > 30 && !line.startsWith("-"))],
    knownHostsFile,
    folder,
    door,
    tap,
    seed: (name, content) => writeFile(join(files, name), content),
    reread: (name) => readFile(join(files, name), "utf8"),
    names: () => readdir(files),
    close: async () => {
      await door.close();
      await tap.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Nothing of this machine's own configuration, and the keys on record under `alias`. */
function trusting(knownHosts: string, ssh: SshOptions): SshOptions {
  return { config: null, agent: null, knownHosts, hostKeyAlias: alias, ...ssh };
}

async function recordKeys(folder: string, lines: string): Promise<string> {
  const file = join(folder, "known_hosts");
  await writeFile(file, lines.replaceAll(/^\S+/gm, alias));
  return file;
}
