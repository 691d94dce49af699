import { randomUUID } from "node:crypto";

import type { FileTree } from "../../../src/testing.ts";
import { memoryStore } from "../../../src/testing.ts";
import type { GatewayAnswer, Gateway, ServeOptions, Transport, WritableOptions } from "../../../src/index.ts";
import { getTransport } from "../../../src/index.ts";
import { seedTree } from "../../schemes/http/seed-tree.ts";
import type { RawAnswer, RawRequest } from "../../testing/raw-webdav-client.ts";
import { ask } from "../../testing/raw-webdav-client.ts";
import { start } from "../gateway-site.ts";

export const token = "correct-horse-battery-staple";

/** A gateway that can be written through, and what asks it with the token. */
export class DavSite {
  readonly gateway: Gateway;
  /** The requests that were answered, in order. */
  readonly answered: GatewayAnswer[];

  constructor(gateway: Gateway, answered: GatewayAnswer[]) {
    this.gateway = gateway;
    this.answered = answered;
  }

  /** Without a slash at its end. */
  get origin(): string {
    return this.gateway.url.slice(0, -1);
  }

  /** The header that says where something is moved or copied to. */
  there(path: string): Record<string, string> {
    return { destination: this.origin + path };
  }

  ask(method: string, target: string, { headers = {}, body = "" }: RawRequest = {}): Promise<RawAnswer> {
    return ask(this.gateway.url, method, target, {
      // Bytes that are none would come in chunks, which is a body all the same.
      headers: { authorization: `Bearer ${token}`, "content-length": String(Buffer.byteLength(body)), ...headers },
      body,
    });
  }

  async status(method: string, target: string, headers: Record<string, string> = {}, body = ""): Promise<number> {
    return (await this.ask(method, target, { headers, body })).status;
  }
}

/** Serves a transport until the test is over. */
export async function writable(
  transport: Transport,
  {
    writable: more,
    ...options
  }: Omit<ServeOptions, "writable"> & { readonly writable?: Partial<WritableOptions> } = {},
): Promise<DavSite> {
  const answered: GatewayAnswer[] = [];
  const onAnswered = (one: GatewayAnswer): void => void answered.push(one);
  return new DavSite(await start(transport, { onAnswered, ...options, writable: { token, ...more } }), answered);
}

/** A gateway to a store in memory, with the store's own tree. */
export class MemorySite extends DavSite {
  readonly tree: FileTree;

  constructor({ gateway, answered }: DavSite, tree: FileTree) {
    super(gateway, answered);
    this.tree = tree;
  }

  names(path: string): string[] {
    return this.tree.readdir(path).map(({ name }) => name);
  }

  content(path: string): string {
    const file = this.tree.open(path, { read: true });
    const bytes = file.read(0, file.stat().sizeBytes);
    file.close();
    return String(bytes);
  }
}

/** Serves a store with some files, by their path; what ends in a slash is a directory. */
export async function memorySite(
  files: readonly string[] = [],
  options: Parameters<typeof writable>[1] = {},
): Promise<MemorySite> {
  const name = randomUUID();
  const { tree } = memoryStore(name);
  for (const path of files) {
    if (path.endsWith("/")) tree.mkdir(path.slice(0, -1));
    else seedTree(tree, path, `content of ${path}`);
  }
  return new MemorySite(await writable(getTransport(`memory://${name}/`), options), tree);
}
