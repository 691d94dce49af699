import type { TransportOptions } from "../../src/index.ts";
import type { HttpOwnAnswer, HttpServerRequest, S3ServerRequest } from "../../src/testing.ts";
import {
  FileTree,
  ftpServerFeatures,
  memoryStore,
  startFtpServer,
  startHttpServer,
  startS3Server,
  startSftpServer,
  startWebdavServer,
} from "../../src/testing.ts";
import { fingerprintOf } from "../reuse/sites.ts";
import type { Fence } from "./fence.ts";
import { fencePath, makeFence, seeds, takenFrom } from "./fence.ts";

let stores = 0;

export async function memoryFence(): Promise<Fence> {
  const store = memoryStore(`fence-${++stores}`);
  const { tree } = store;
  const written: string[] = [];
  Object.defineProperty(store, "tree", { value: recording(tree, written) });
  const fence = treeFence(tree, `memory://${store.name}${fencePath}/`, {}, takenFrom(written), () => undefined);
  return await Promise.resolve(fence);
}

/** What a server serves, and how its names are bytes. */
export interface Served {
  readonly tree?: FileTree;
  readonly encoding?: "utf8" | "latin1";
}

export async function sftpFence({ tree = new FileTree(), encoding = "utf8" }: Served = {}): Promise<Fence> {
  const written: string[] = [];
  const server = await startSftpServer({
    tree,
    encoding,
    onRequest: (name, path) => {
      // The first text of SYMLINK is what the link is to say.
      if (path !== undefined && name !== "symlink") written.push(path);
      return "answer";
    },
  });
  const hostKeyFingerprints = server.hostKeys.map((key) => fingerprintOf(key.public));
  const ssh = { config: null, agent: null, identityFile: null, hostKeyFingerprints };
  const url = `sftp://joe@127.0.0.1:${server.port}${fencePath}/`;
  return treeFence(tree, url, { password: server.password, ssh }, takenFrom(written), () => server.close());
}

/** A server with MLSD, or one that knows LIST only. */
export async function ftpFence(
  machine: boolean,
  { tree = new FileTree(), encoding = "utf8" }: Served = {},
): Promise<Fence> {
  const written: string[] = [];
  const server = await startFtpServer({
    tree,
    encoding,
    features: ftpServerFeatures.filter((feature) => machine || !["MLST", "MFMT"].includes(feature)),
    onCommand: (_verb, argument) => {
      const path = /\/.*/s.exec(argument)?.[0];
      if (path !== undefined) written.push(path);
      return "answer";
    },
  });
  const url = `ftp://joe@127.0.0.1:${server.port}${fencePath}/`;
  return treeFence(tree, url, { password: server.password }, takenFrom(written), () => server.close());
}

export async function httpFence(
  answer: (request: HttpServerRequest) => HttpOwnAnswer | "answer" = () => "answer",
  tree: FileTree = new FileTree(),
): Promise<Fence> {
  const server = await startHttpServer({ tree, onRequest: answer });
  const url = server.url.slice(0, -1) + fencePath;
  const asked = targetsOf(() => server.requests);
  return { ...treeFence(tree, `${url}/`, {}, asked, () => server.close()), link: undefined };
}

export async function webdavFence(
  answer: (request: HttpServerRequest) => HttpOwnAnswer | "answer" = () => "answer",
  tree: FileTree = new FileTree(),
): Promise<Fence> {
  const server = await startWebdavServer({ tree, onRequest: answer });
  const url = server.url.slice(0, -1).replace(/^http/, "dav") + fencePath;
  const asked = targetsOf(() => server.requests);
  return { ...treeFence(tree, `${url}/`, {}, asked, () => server.close()), link: undefined };
}

export async function s3Fence(
  answer: (request: S3ServerRequest) => HttpOwnAnswer | "answer" = () => "answer",
  beside: Readonly<Record<string, string>> = {},
): Promise<Fence> {
  const server = await startS3Server({ onRequest: answer });
  for (const [path, content] of Object.entries({ ...seeds, ...beside }))
    await server.write("bucket", path.slice(1), content);
  const { accessKeyId, secretAccessKey, region, endpoint } = server;
  const asked = targetsOf(() => server.requests);
  return makeFence({
    url: `s3://bucket${fencePath}/`,
    options: { s3: { endpoint, pathStyle: true, region, accessKeyId, secretAccessKey } },
    root: fencePath,
    link: undefined,
    asked: () => asked().map((path) => path.replace(/^\/bucket(?=\/|$)/, "") || "/"),
    everything: async () => {
      const found: Record<string, string> = {};
      for (const key of server.keys("bucket")) found[`/${key}`] = String(await server.read("bucket", key));
      return found;
    },
    close: () => server.close(),
  });
}

function treeFence(
  tree: FileTree,
  url: string,
  options: TransportOptions,
  asked: () => readonly string[],
  close: () => unknown,
): Fence {
  for (const [path, content] of Object.entries(seeds)) seed(tree, path, content);
  return makeFence({
    url,
    options,
    root: fencePath,
    link: (target, path) => tree.symlink(target, `${fencePath}/${path}`),
    asked,
    everything: () => contentOf(tree, ""),
    close,
  });
}

function seed(tree: FileTree, path: string, content: string): void {
  const names = path.split("/").slice(1, -1);
  for (const at of names.keys()) {
    const directory = `/${names.slice(0, at + 1).join("/")}`;
    if (!contains(tree, directory)) tree.mkdir(directory);
  }
  const file = tree.open(path, { write: true, create: true });
  file.write(0, Buffer.from(content));
  file.close();
}

function contains(tree: FileTree, path: string): boolean {
  const at = path.lastIndexOf("/");
  return entriesOf(tree, path.slice(0, at) || "/").some(({ name }) => name === path.slice(at + 1));
}

function contentOf(tree: FileTree, directory: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, stat } of entriesOf(tree, directory || "/")) {
    const path = `${directory}/${name}`;
    if (stat.type === "directory") Object.assign(found, { [`${path}/`]: "" }, contentOf(tree, path));
    else if (stat.type === "link") found[path] = `-> ${tree.readlink(path)}`;
    else {
      const file = tree.open(path, { read: true });
      found[path] = String(file.read(0, stat.sizeBytes));
      file.close();
    }
  }
  return found;
}

/** What is there, whatever the server makes of it. */
function entriesOf(tree: FileTree, path: string): ReturnType<FileTree["readdir"]> {
  return FileTree.prototype.readdir.call(tree, path);
}

/** The same tree, which writes down every path that it is asked about. The text of a new link is none. */
function recording(tree: FileTree, written: string[]): FileTree {
  return new Proxy(tree, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (...values: unknown[]): unknown => {
        const paths = key === "symlink" ? values.slice(1) : values;
        for (const path of paths) if (typeof path === "string") written.push(path);
        return (value as (...values: unknown[]) => unknown).apply(target, values);
      };
    },
  });
}

/** The decoded paths that requests name: where they are sent to, and whatever else they say. */
function targetsOf(requests: () => readonly HttpServerRequest[]): () => readonly string[] {
  let seen = 0;
  return () => {
    const fresh = requests().slice(seen);
    seen += fresh.length;
    return fresh.flatMap(({ target, headers }) => {
      const [path = "", query = ""] = target.split("?", 2);
      const prefix = new URLSearchParams(query).get("prefix");
      const named = [headers["destination"], headers["x-amz-copy-source"]].flatMap((header) =>
        header === undefined ? [] : [decodeURIComponent(String(header)).replace(/^(?:https?:\/\/[^/]*)?\/?/, "/")],
      );
      return [prefix === null ? decodeURIComponent(path) : `/${prefix}`, ...named];
    });
  };
}
