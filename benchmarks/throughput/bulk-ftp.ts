import { posix } from "node:path";
import type { Readable } from "node:stream";

import type { BasicFtpPeer, BasicFtpSession } from "../sites/basic-ftp-peer.ts";
import type { BulkClient } from "./bulk.ts";
import { Drop } from "./bulk.ts";

/** Large files by `downloadTo` and `uploadFrom` of basic-ftp. */
export class BulkFtp implements BulkClient {
  readonly name: string;
  readonly #session: BasicFtpSession;

  constructor(name: string, session: BasicFtpSession) {
    this.name = name;
    this.#session = session;
  }

  static async connect(url: string, peer: BasicFtpPeer): Promise<BulkFtp> {
    return new BulkFtp(peer.name, await peer.access(url));
  }

  async get(name: string): Promise<number> {
    const drop = new Drop();
    await this.#session.client.downloadTo(drop, this.#at(name));
    return drop.bytes;
  }

  async put(name: string, source: Readable): Promise<void> {
    await this.#session.client.uploadFrom(source, this.#at(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }

  #at(name: string): string {
    return posix.join(this.#session.base, name);
  }
}
