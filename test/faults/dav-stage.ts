import { expect } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { isTempName } from "../../src/index.ts";
import type { WebdavServer, WebdavServerOptions } from "../../src/testing.ts";
import { startWebdavServer } from "../../src/testing.ts";
import { oddChunks } from "../../src/testing/conformance/content.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import type { Act } from "./site.ts";
import { until } from "./settle.ts";
import type { Way, WebStage } from "./web-stage.ts";
import { Bell, content, openWebStage } from "./web-stage.ts";

/** A WebDAV server, whose files can be looked at from the other side. */
export interface DavStage extends WebStage {
  readonly server: WebdavServer;
  /** Names in the root that are no temporaries. */
  listed(): readonly string[];
  /** What a file holds; undefined where there is none. */
  holds(name: string): string | undefined;
}

const password = "pass#word/of joe";
export const secrets: readonly string[] = [
  password,
  encodeURIComponent(password),
  Buffer.from(`joe:${password}`).toString("base64"),
];

/** What `put` writes. */
const written = "the new content";

/** How a server is reached otherwise than plainly. */
export interface DavStageOptions {
  readonly server?: WebdavServerOptions;
  readonly scheme?: string;
  readonly client?: TransportOptions;
  readonly way?: (port: number) => Promise<Way>;
}

/** Starts a server of its own behind a wedge. */
export async function openDavStage({
  server: more = {},
  scheme = "dav",
  client = {},
  way,
}: DavStageOptions = {}): Promise<DavStage> {
  const bell = new Bell();
  const login = { scheme: "basic", users: { joe: password } } as const;
  const server = await startWebdavServer({ login, onRequest: bell.ring, ...more });
  const { tree } = server;
  seedTree(tree, "/file", content);
  seedTree(tree, "/other", "another content");
  tree.mkdir("/empty");
  const made = {
    server,
    bell,
    scheme,
    options: { user: "joe", password, ...client },
    works: (transport: Transport, name: string): Promise<void> => works(transport, name, server),
    left: () => tree.openFiles,
  };
  const stage = await openWebStage(made, await way?.(server.port));
  const names = (): string[] => tree.readdir("/").map(({ name }) => name);
  return {
    ...stage,
    server,
    listed: () => names().filter((name) => !isTempName(name)),
    holds: (name) => {
      if (!names().includes(name)) return undefined;
      const file = tree.open(`/${name}`, { read: true });
      const bytes = file.read(0, file.stat().sizeBytes);
      file.close();
      return bytes.toString("latin1");
    },
  };
}

async function works(transport: Transport, name: string, { tree }: WebdavServer): Promise<void> {
  await transport.put(name, `content of ${name}`);
  expect(String(await transport.getBytes(name))).toBe(`content of ${name}`);
  expect((await transport.stat(name)).sizeBytes).toBe(`content of ${name}`.length);
  // What a lost connection left behind goes with the next change.
  await until("no temporary is left", () => !tree.readdir("/").some(({ name: one }) => isTempName(one)));
}

type Changing = Pick<Act<DavStage>, "name" | "run" | "manner" | "happened">;

/** What changes something, and how it is seen from the other side whether it has. */
export const changing = {
  put: {
    name: "put",
    manner: "replacing",
    run: (transport, options) => transport.put("other", written, options),
    happened: (stage) => stage.holds("other") === written,
  },
  putNew: {
    name: "put of something new",
    manner: "replacing",
    run: (transport, options) => transport.put("new", written, { ...options, isNew: true }),
    happened: (stage) => stage.holds("new") === written,
  },
  putStream: {
    name: "put of a stream",
    manner: "changing",
    run: (transport, options) => transport.put("other", oddChunks(content), options),
    happened: (stage) => stage.holds("other") === content.toString("latin1"),
  },
  putInPlace: {
    name: "put in place",
    manner: "replacing",
    run: (transport, options) => transport.put("other", written, { ...options, atomic: false }),
    happened: (stage) => stage.holds("other") === written,
  },
  mkdir: {
    name: "mkdir",
    manner: "changing",
    run: (transport, options) => transport.mkdir("new", options),
    happened: (stage) => stage.listed().includes("new"),
  },
  delete: {
    name: "delete",
    manner: "replacing",
    run: (transport, options) => transport.delete("other", options),
    happened: (stage) => !stage.listed().includes("other"),
  },
  rmdir: {
    name: "rmdir",
    manner: "replacing",
    run: (transport, options) => transport.rmdir("empty", options),
    happened: (stage) => !stage.listed().includes("empty"),
  },
  rename: {
    name: "rename",
    manner: "replacing",
    run: (transport, options) => transport.rename("other", "renamed", options),
    happened: (stage) => stage.holds("renamed") === "another content" && !stage.listed().includes("other"),
  },
  copy: {
    name: "copy",
    manner: "replacing",
    run: (transport, options) => transport.copy("file", "other", options),
    happened: (stage) => stage.holds("other") === content.toString("latin1"),
  },
} as const satisfies Record<string, Changing>;
