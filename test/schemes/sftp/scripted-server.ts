import { PassThrough, Duplex } from "node:stream";

import { reply, version } from "../../../src/schemes/sftp/protocol/messages.ts";
import { SftpSession } from "../../../src/schemes/sftp/protocol/sftp-session.ts";
import type { TransportError } from "../../../src/errors/transport-error.ts";

/** A request as it came. */
export interface ScriptedRequest {
  readonly type: number;
  readonly id: number;
  /** What follows the number. */
  readonly body: Buffer;
}

/** The server's side of an SFTP channel, which answers whatever a test says. */
export class ScriptedServer {
  readonly losses: TransportError[] = [];
  readonly #toClient = new PassThrough();
  readonly #toServer = new PassThrough();
  readonly #answer: (request: ScriptedRequest, server: ScriptedServer) => void;
  #received: Buffer = Buffer.alloc(0);

  constructor(answer: (request: ScriptedRequest, server: ScriptedServer) => void) {
    this.#answer = answer;
    this.#toServer.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  /** A session of a client with this server. */
  async connect(ident = "SSH-2.0-OpenSSH_9.2", extensions: readonly string[] = []): Promise<SftpSession> {
    const channel = Duplex.from({ readable: this.#toClient, writable: this.#toServer }) as Duplex;
    const opening = SftpSession.open(channel, { ident, encoding: "utf8" }, (reason) => this.losses.push(reason));
    this.send(reply.version, version, ...extensions.flatMap((name) => [text(name), text("1")]));
    return await opening;
  }

  /** Sends an answer; of a version the id is the version. */
  send(type: number, id: number, ...fields: readonly Buffer[]): void {
    const body = Buffer.concat(fields);
    this.raw(Buffer.concat([u32(body.length + 5), Buffer.from([type]), u32(id), body]));
  }

  raw(bytes: Buffer): void {
    this.#toClient.write(bytes);
  }

  end(): void {
    this.#toClient.end();
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readUInt32BE(0)) {
      const end = 4 + this.#received.readUInt32BE(0);
      const packet = this.#received.subarray(4, end);
      this.#received = this.#received.subarray(end);
      const [type = 0] = packet;
      if (type !== 1) this.#answer({ type, id: packet.readUInt32BE(1), body: packet.subarray(5) }, this);
    }
  }
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function text(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([u32(bytes.length), bytes]);
}
