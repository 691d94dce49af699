import type { Duplex } from "node:stream";

import { TransportError, toTransportError } from "../../../errors/transport-error.ts";
import { reply, request } from "./messages.ts";
import { PacketReader } from "./packet-reader.ts";
import type { PacketWriter } from "./packet-writer.ts";
import type { ReplySink } from "./reply-stream.ts";
import { ReplyStream } from "./reply-stream.ts";
import { status, statusError } from "./status.ts";

/** A request that was sent and not yet answered. */
interface Waiting {
  /** The type of answer that holds the result; `status` where the answer "ok" is all there is. */
  readonly expects: number;
  readonly reject: (reason: TransportError) => void;
  answer(body: PacketReader): void;
  /** The server says "end of file", which is an answer to a READ or READDIR. */
  end?(): void;
}

class Pending<T> implements Waiting {
  readonly expects: number;
  readonly reject: (reason: TransportError) => void;
  protected readonly resolve: (result: T) => void;
  readonly #read: (body: PacketReader) => T;

  constructor(
    expects: number,
    read: (body: PacketReader) => T,
    resolve: (result: T) => void,
    reject: (reason: TransportError) => void,
  ) {
    this.expects = expects;
    this.#read = read;
    this.resolve = resolve;
    this.reject = reject;
  }

  answer(body: PacketReader): void {
    this.resolve(this.#read(body));
  }
}

class PendingUntilEnd<T> extends Pending<T | undefined> {
  end(): void {
    this.resolve(undefined);
  }
}

/** A READ: its data goes straight to where it belongs. */
class PendingData implements Waiting {
  readonly expects: number = reply.data;
  readonly reject: (reason: TransportError) => void;
  /** A buffer to fill, or the number of bytes at most. */
  readonly into: Buffer | number;
  target: Buffer | undefined;
  readonly #resolve: (result: Buffer | undefined) => void;

  constructor(
    into: Buffer | number,
    resolve: (result: Buffer | undefined) => void,
    reject: (reason: TransportError) => void,
  ) {
    this.into = into;
    this.#resolve = resolve;
    this.reject = reject;
  }

  /** Data that is too short to be any has no place to go. */
  answer(): void {
    throw unexpectedReply(reply.data);
  }

  /** All of the data is where it belongs. */
  complete(): void {
    this.#resolve(this.target?.length === 0 ? undefined : this.target);
  }

  end(): void {
    this.#resolve(undefined);
  }
}

/** What fits into one packet of SSH; it and ssh2 cut larger pieces at this length. */
const sshPacketBytes = 32 * 1024;
/** Gathered requests of so many bytes do not wait for the end of the turn: the server works on them meanwhile. */
const gatheredBytes = 16 * 1024;

/**
 * Requests and their answers on one channel. Small requests of one turn of the event loop travel together: each packet of SSH costs a cipher
 * run and each write a system call.
 */
export class RequestChannel implements ReplySink {
  readonly #stream: Duplex;
  readonly #lost: (reason: TransportError) => void;
  readonly #pending = new Map<number, Waiting>();
  readonly #replies = new ReplyStream(this);
  #lastId = 0;
  #outbox: Uint8Array[] = [];
  #outboxBytes = 0;
  #flushing = false;
  #dead: TransportError | undefined;
  #starting: { resolve(extensions: ReadonlySet<string>): void; reject(reason: TransportError): void } | undefined;

  constructor(stream: Duplex, lost: (reason: TransportError) => void) {
    this.#stream = stream;
    this.#lost = lost;
    stream.on("data", (chunk: Buffer) => this.#receive(chunk));
    stream.on("error", (error: Error) => this.#die(ended(error)));
    stream.on("end", () => this.#die(ended(undefined)));
    stream.on("close", () => this.#die(ended(undefined)));
  }

  /**
   * Says which version is spoken. Resolves once the server has said the same, after `started` was told the names of its extensions. Requests may be
   * sent meanwhile to a server that takes them in their order.
   */
  start(version: number, started: (extensions: ReadonlySet<string>) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#starting = {
        resolve: (extensions) => {
          started(extensions);
          resolve();
        },
        reject,
      };
      if (this.#dead !== undefined) return reject(this.#dead);
      this.#send(Buffer.from([0, 0, 0, 5, request.init, 0, 0, 0, version]));
    });
  }

  nextId(): number {
    this.#lastId = (this.#lastId + 1) % 0x1_0000_0000;
    return this.#lastId;
  }

  /** A request that is answered with "ok". */
  tell(writer: PacketWriter): Promise<void> {
    return this.ask(writer, reply.status, nothing);
  }

  /** A request whose answer of the type `expects` is read by `read`. */
  ask<T>(writer: PacketWriter, expects: number, read: (body: PacketReader) => T): Promise<T> {
    return new Promise((resolve, reject) => this.#ask(writer, new Pending(expects, read, resolve, reject)));
  }

  /** The same of a request that in the end is answered with "end of file": then undefined. */
  askUntilEnd<T>(writer: PacketWriter, expects: number, read: (body: PacketReader) => T): Promise<T | undefined> {
    return new Promise((resolve, reject) => this.#ask(writer, new PendingUntilEnd(expects, read, resolve, reject)));
  }

  /**
   * A READ. With a number of bytes a new buffer of the right length is the result, else the part of `into` that was filled; undefined at the end of
   * the file, as no bytes at all are.
   */
  askData(writer: PacketWriter, into: Buffer | number): Promise<Buffer | undefined> {
    return new Promise((resolve, reject) => this.#ask(writer, new PendingData(into, resolve, reject)));
  }

  /** A request that ends in data, which is not copied as a whole. */
  tellWithData(writer: PacketWriter, data: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const pending = new Pending(reply.status, nothing, resolve, reject);
      if (this.#dead !== undefined) return reject(this.#dead);
      this.#pending.set(writer.id, pending);
      const head = writer.finish(data.length);
      this.#gather(head);
      if (head.length + data.length <= sshPacketBytes) return this.#send(data);
      // The head goes in front of the data's first bytes, so that no packet is spent on it alone.
      const first = sshPacketBytes - (this.#outboxBytes % sshPacketBytes);
      this.#gather(data.subarray(0, first));
      this.#flush();
      this.#stream.write(data.subarray(first));
    });
  }

  /** Ends the channel: whatever is pending, and every later request, rejects with `reason`. */
  fail(reason: TransportError): void {
    if (this.#dead !== undefined) return;
    this.#dead = reason;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#outbox = [];
    this.#outboxBytes = 0;
    this.#starting?.reject(reason);
    for (const waiting of pending) waiting.reject(reason);
    this.#stream.destroy();
  }

  dataTarget(id: number, length: number): Buffer | undefined {
    const pending = this.#pending.get(id);
    if (!(pending instanceof PendingData)) return undefined;
    const { into } = pending;
    const most = typeof into === "number" ? into : into.length;
    if (length > most)
      throw new TransportError("protocol-error", `the server sends ${length} bytes where ${most} were asked for`);
    pending.target = typeof into === "number" ? Buffer.allocUnsafe(length) : into.subarray(0, length);
    return pending.target;
  }

  dataComplete(id: number): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (pending instanceof PendingData) pending.complete();
  }

  reply(type: number, id: number, bytes: Buffer): void {
    const body = new PacketReader(bytes);
    if (this.#starting !== undefined) return this.#begin(type, id, body);
    const pending = this.#pending.get(id);
    if (pending === undefined)
      throw new TransportError("protocol-error", "the server answers a request that was never sent");
    this.#pending.delete(id);
    try {
      if (type === reply.status) this.#settle(pending, body);
      else if (type === pending.expects) pending.answer(body);
      else throw unexpectedReply(type);
    } catch (error) {
      const reason = toTransportError(error);
      pending.reject(reason);
      // What cannot be understood ends the session; what was understood and is of no use concerns one request.
      if (reason.code === "protocol-error") throw reason;
    }
  }

  #settle(pending: Waiting, body: PacketReader): void {
    const number = body.u32();
    if (number === status.ok && pending.expects === reply.status) pending.answer(body);
    else if (number === status.ok) throw unexpectedReply(reply.status);
    else if (number === status.endOfFile && pending.end !== undefined) pending.end();
    else pending.reject(statusError(number, body.left >= 4 ? body.bytes().toString("utf8") : ""));
  }

  #begin(type: number, _version: number, body: PacketReader): void {
    if (type !== reply.version) throw unexpectedReply(type);
    const extensions = new Set<string>();
    while (body.left > 0) {
      extensions.add(body.bytes().toString("latin1"));
      body.bytes();
    }
    const starting = this.#starting;
    this.#starting = undefined;
    starting?.resolve(extensions);
  }

  #receive(chunk: Buffer): void {
    if (this.#dead !== undefined) return;
    try {
      this.#replies.push(chunk);
    } catch (error) {
      this.#die(toTransportError(error));
    }
  }

  #die(reason: TransportError): void {
    if (this.#dead !== undefined) return;
    this.fail(reason);
    this.#lost(reason);
  }

  #ask(writer: PacketWriter, pending: Waiting): void {
    if (this.#dead !== undefined) return pending.reject(this.#dead);
    this.#pending.set(writer.id, pending);
    this.#send(writer.finish());
  }

  #gather(bytes: Uint8Array): void {
    this.#outbox.push(bytes);
    this.#outboxBytes += bytes.length;
  }

  #send(bytes: Uint8Array): void {
    this.#gather(bytes);
    if (this.#outboxBytes >= gatheredBytes) return this.#flush();
    if (this.#flushing) return;
    this.#flushing = true;
    process.nextTick(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#flushing = false;
    this.#flush();
  };

  #flush(): void {
    const packets = this.#outbox;
    if (packets.length === 0) return;
    this.#outbox = [];
    this.#outboxBytes = 0;
    this.#stream.write(packets.length === 1 ? packets[0] : Buffer.concat(packets));
  }
}

const nothing = (): void => undefined;

function unexpectedReply(type: number): TransportError {
  return new TransportError(
    "protocol-error",
    `the server answers with the message ${type}, which is no answer to what it was asked`,
  );
}

function ended(cause: Error | undefined): TransportError {
  return new TransportError("connection-lost", "the server ended the SFTP session", { temporary: true, cause });
}
