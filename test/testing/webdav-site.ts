import type { FileTree, WebdavServer, WebdavServerOptions } from "../../src/testing.ts";
import { startWebdavServer } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import type { RawAnswer, RawRequest } from "./raw-webdav-client.ts";
import { ask } from "./raw-webdav-client.ts";

/** What asks for an exclusive lock. */
export const exclusive: string =
  '<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner><D:href>joe</D:href></D:owner></D:lockinfo>';

/** The server that a test has started last, and what it is asked. */
export class WebdavSite {
  #server: WebdavServer | undefined;

  get server(): WebdavServer {
    if (this.#server === undefined) throw new Error("no server was started");
    return this.#server;
  }

  /** A server with /f, /g, /n/x, /n2/y and the empty directory /e. */
  readonly start = async (options: WebdavServerOptions = {}): Promise<FileTree> => {
    const { tree } = (this.#server = await startWebdavServer(options));
    for (const path of ["/f", "/g", "/n/x", "/n2/y"]) seedTree(tree, path, `content of ${path}`);
    tree.mkdir("/e");
    return tree;
  };

  readonly dav = (method: string, target: string, how: RawRequest = {}): Promise<RawAnswer> =>
    ask(this.server.url, method, target, how);

  readonly status = async (method: string, target: string, headers = {}, body = ""): Promise<number> =>
    (await this.dav(method, target, { headers, body })).status;

  readonly there = (path: string): Record<string, string> => ({ destination: this.server.url.slice(0, -1) + path });

  readonly names = (path: string): string[] => this.server.tree.readdir(path).map(({ name }) => name);

  readonly content = (path: string): string => {
    const file = this.server.tree.open(path, { read: true });
    const bytes = file.read(0, file.stat().sizeBytes);
    file.close();
    return String(bytes);
  };
}
