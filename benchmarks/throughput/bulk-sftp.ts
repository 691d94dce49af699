import { posix } from "node:path";
import type { Readable } from "node:stream";

import type { SFTPWrapper } from "ssh2";

import type { Ssh2Peer } from "../sites/ssh2-peer.ts";
import type { Ssh2Session } from "../sites/ssh2-session.ts";
import { openSsh2Session } from "../sites/ssh2-session.ts";
import type { BulkClient } from "./bulk.ts";

/** The most that OpenSSH takes or gives at once. */
const requestBytes = 255 * 1024;
/** Requests in flight, as many as samewire has. */
const reads = 16;
const writes = 8;

type Done<T> = (error: Error | null | undefined, value: T) => void;

/** Large files by the public calls of ssh2, written for speed: many requests in flight, and what is read goes into buffers that are used again. */
export class BulkSftp implements BulkClient {
  readonly name: string;
  readonly #session: Ssh2Session;
  readonly #sftp: SFTPWrapper;

  constructor(name: string, session: Ssh2Session) {
    this.name = name;
    this.#session = session;
    this.#sftp = session.sftp;
  }

  static async connect(url: string, peer: Ssh2Peer): Promise<BulkSftp> {
    return new BulkSftp(peer.name, await openSsh2Session(url, peer.login));
  }

  async get(name: string): Promise<number> {
    const handle = await this.#open(name, "r");
    const { size } = await settled<{ readonly size: number }>((done) => this.#sftp.fstat(handle, done));
    let [asked, bytes] = [0, 0];
    const reader = async (): Promise<void> => {
      const buffer = Buffer.allocUnsafeSlow(requestBytes);
      while (asked < size) {
        const [from, length] = [asked, Math.min(requestBytes, size - asked)];
        asked += length;
        const arrived = await settled<number>((done) => this.#sftp.read(handle, buffer, 0, length, from, done));
        bytes += arrived;
      }
    };
    await Promise.all(Array.from({ length: reads }, reader));
    await this.#close(handle);
    return bytes;
  }

  async put(name: string, source: Readable): Promise<void> {
    const handle = await this.#open(name, "w");
    const [buffer, underWay] = [Buffer.allocUnsafeSlow(requestBytes), new Set<Promise<void>>()];
    let [filled, position] = [0, 0];
    const flush = async (): Promise<void> => {
      const write = settled<void>((done) =>
        this.#sftp.write(handle, buffer, 0, filled, position, (error) => done(error, undefined)),
      ).finally(() => underWay.delete(write));
      underWay.add(write);
      // ssh2 has copied it into its packet.
      [filled, position] = [0, position + filled];
      if (underWay.size >= writes) await Promise.race(underWay);
    };
    for await (const chunk of source as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length;) {
        const taken = chunk.copy(buffer, filled, at);
        at += taken;
        filled += taken;
        if (filled === requestBytes) await flush();
      }
    }
    if (filled > 0) await flush();
    await Promise.all(underWay);
    await this.#close(handle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }

  #open(name: string, how: "r" | "w"): Promise<Buffer> {
    return settled((done) => this.#sftp.open(posix.join(this.#session.base, name), how, done));
  }

  #close(handle: Buffer): Promise<void> {
    return settled((done) => this.#sftp.close(handle, (error) => done(error, undefined)));
  }
}

function settled<T>(call: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
}
