import type { Duplex } from "node:stream";

import { actsInOrder } from "../../../drivers/ssh2.ts";
import { TransportError, toTransportError } from "../../../errors/transport-error.ts";
import type { SftpAttributes } from "./attributes.ts";
import { maxAttributesBytes, readAttributes, writeAttributes } from "./attributes.ts";
import { extension, reply, request, version } from "./messages.ts";
import type { NameEncoding } from "./name-encoding.ts";
import { checkName, decodeName } from "./name-encoding.ts";
import type { PacketReader } from "./packet-reader.ts";
import { PacketWriter } from "./packet-writer.ts";
import { RequestChannel } from "./request-channel.ts";
import { hasStatus, status } from "./status.ts";

export interface SessionOptions {
  /** The SSH server's identification line. */
  readonly ident: string;
  readonly encoding: NameEncoding;
}

/** An open file or directory: the server's own bytes. */
export type SftpHandle = Buffer;

/** A name in a directory. */
export interface SftpName {
  /** Undefined where its bytes are no text in the session's encoding. */
  readonly name: string | undefined;
  readonly bytes: Buffer;
  readonly attributes: SftpAttributes;
}

/** The largest data in one request that OpenSSH takes, and that is worth asking of any server. */
const openSshDataBytes = 255 * 1024;
const none: ReadonlySet<string> = new Set();

/** What every server takes, as the protocol demands. */
const anyServerDataBytes = 32 * 1024;

/**
 * The vocabulary of SFTP version 3, as promises: one method for one request, sent in the order of the calls, any number in flight. A request
 * rejects with a `TransportError`; of `status.failure` only the caller can tell what it means.
 */
export class SftpSession {
  /** Settles once the server has said which version it speaks. */
  readonly started: Promise<void>;
  /** Whether requests take effect in the order in which they were sent, so that one may rest on another that is not answered yet. */
  readonly inOrder: boolean;
  readonly #channel: RequestChannel;
  readonly #encoding: NameEncoding;
  /** OpenSSH has the arguments of SYMLINK the other way round than the protocol (its PROTOCOL, section 4.1). */
  readonly #linkTargetFirst: boolean;
  #extensions: ReadonlySet<string> | undefined;
  #readBytes: number;
  #writeBytes: number;

  /**
   * Starts the protocol on a channel to the server's SFTP subsystem. `lost` is told once, when the session ends without `fail` being called. A server
   * that acts in order may be sent requests at once, of those that need no extension.
   */
  constructor(stream: Duplex, { ident, encoding }: SessionOptions, lost: (reason: TransportError) => void) {
    this.#channel = new RequestChannel(stream, lost);
    this.#encoding = encoding;
    this.inOrder = actsInOrder(ident);
    this.#linkTargetFirst = /^SSH-2\.0-(?:OpenSSH|dropbear)/.test(ident);
    this.#readBytes = this.#writeBytes = this.#linkTargetFirst ? openSshDataBytes : anyServerDataBytes;
    this.started = this.#channel.start(version, (extensions) => {
      this.#extensions = extensions;
      // In flight together with the first requests; until it is answered the usual limits hold.
      if (extensions.has(extension.limits)) void this.#askLimits();
    });
    this.started.catch(() => undefined); // Whatever is asked on the session is told as well.
  }

  /** A session that has started. */
  static async open(
    stream: Duplex,
    options: SessionOptions,
    lost: (reason: TransportError) => void,
  ): Promise<SftpSession> {
    const session = new SftpSession(stream, options, lost);
    await session.started;
    return session;
  }

  /** The names of the server's extensions; none before it has started. */
  get extensions(): ReadonlySet<string> {
    return this.#extensions ?? none;
  }

  /** Whether the server's extensions are known. */
  get hasStarted(): boolean {
    return this.#extensions !== undefined;
  }

  /** Bytes that one READ may ask for. */
  get readBytes(): number {
    return this.#readBytes;
  }

  /** Bytes that one WRITE may carry. */
  get writeBytes(): number {
    return this.#writeBytes;
  }

  /** Ends the session: whatever is pending, and every later request, rejects with `reason`. */
  fail(reason: TransportError): void {
    this.#channel.fail(reason);
  }

  async open(path: string, flags: number, attributes: SftpAttributes = {}): Promise<SftpHandle> {
    const writer = this.#writer(request.open, 4 + maxAttributesBytes, path)
      .text(path, this.#encoding)
      .u32(flags);
    writeAttributes(writer, attributes);
    return await this.#channel.ask(writer, reply.handle, readHandle);
  }

  async close(handle: SftpHandle): Promise<void> {
    await this.#tell(this.#writer(request.close, 4 + handle.length).bytes(handle));
  }

  /**
   * The bytes from `position`: as many as the number `into` or as the buffer `into` holds, or fewer; undefined at the end of the file. With a buffer
   * they are put into it, and the result is the part of it that was filled.
   */
  async read(handle: SftpHandle, position: number, into: number | Buffer): Promise<Buffer | undefined> {
    const length = typeof into === "number" ? into : into.length;
    const writer = this.#writer(request.read, 4 + handle.length + 8 + 4)
      .bytes(handle)
      .u64(position)
      .u32(length);
    const read = await this.#atEndUndefined(this.#channel.askData(writer, into));
    return read?.length === 0 ? undefined : read;
  }

  /** Writes all of `data`, which must not change until this settles, and must not be larger than `writeBytes`. */
  async write(handle: SftpHandle, position: number, data: Uint8Array): Promise<void> {
    const writer = this.#writer(request.write, 4 + handle.length + 8 + 4)
      .bytes(handle)
      .u64(position)
      .u32(data.length);
    await this.#channel.tellWithData(writer, data);
  }

  async stat(path: string): Promise<SftpAttributes> {
    return await this.#channel.ask(this.#pathRequest(request.stat, path), reply.attrs, readAttributes);
  }

  async lstat(path: string): Promise<SftpAttributes> {
    return await this.#channel.ask(this.#pathRequest(request.lstat, path), reply.attrs, readAttributes);
  }

  async fstat(handle: SftpHandle): Promise<SftpAttributes> {
    return await this.#channel.ask(
      this.#writer(request.fstat, 4 + handle.length).bytes(handle),
      reply.attrs,
      readAttributes,
    );
  }

  async setstat(path: string, attributes: SftpAttributes): Promise<void> {
    const writer = this.#writer(request.setstat, maxAttributesBytes, path).text(path, this.#encoding);
    writeAttributes(writer, attributes);
    await this.#tell(writer);
  }

  async fsetstat(handle: SftpHandle, attributes: SftpAttributes): Promise<void> {
    const writer = this.#writer(request.fsetstat, 4 + handle.length + maxAttributesBytes).bytes(handle);
    writeAttributes(writer, attributes);
    await this.#tell(writer);
  }

  async opendir(path: string): Promise<SftpHandle> {
    return await this.#channel.ask(this.#pathRequest(request.opendir, path), reply.handle, readHandle);
  }

  /** Some more names of a directory; undefined when there are no more. */
  async readdir(handle: SftpHandle): Promise<readonly SftpName[] | undefined> {
    const writer = this.#writer(request.readdir, 4 + handle.length).bytes(handle);
    return await this.#atEndUndefined(this.#channel.ask(writer, reply.name, (body) => this.#readNames(body)));
  }

  async mkdir(path: string, attributes: SftpAttributes = {}): Promise<void> {
    const writer = this.#writer(request.mkdir, maxAttributesBytes, path).text(path, this.#encoding);
    writeAttributes(writer, attributes);
    await this.#tell(writer);
  }

  async rmdir(path: string): Promise<void> {
    await this.#tell(this.#pathRequest(request.rmdir, path));
  }

  async remove(path: string): Promise<void> {
    await this.#tell(this.#pathRequest(request.remove, path));
  }

  /** Fails where anything is at `to`. */
  async rename(from: string, to: string): Promise<void> {
    await this.#tell(this.#writer(request.rename, 0, from, to).text(from, this.#encoding).text(to, this.#encoding));
  }

  /** As rename(2): replaces a file or an empty directory. */
  async posixRename(from: string, to: string): Promise<void> {
    await this.#tell(
      this.#extended(extension.posixRename, 0, from, to).text(from, this.#encoding).text(to, this.#encoding),
    );
  }

  async hardlink(existing: string, path: string): Promise<void> {
    await this.#tell(
      this.#extended(extension.hardlink, 0, existing, path).text(existing, this.#encoding).text(path, this.#encoding),
    );
  }

  async symlink(target: string, path: string): Promise<void> {
    const [first, second] = this.#linkTargetFirst ? [target, path] : [path, target];
    await this.#tell(
      this.#writer(request.symlink, 0, target, path).text(first, this.#encoding).text(second, this.#encoding),
    );
  }

  async readlink(path: string): Promise<string> {
    return await this.#channel.ask(this.#pathRequest(request.readlink, path), reply.name, (body) =>
      this.#readOneName(body),
    );
  }

  /** The absolute path of a path, links resolved. */
  async realpath(path: string): Promise<string> {
    return await this.#channel.ask(this.#pathRequest(request.realpath, path), reply.name, (body) =>
      this.#readOneName(body),
    );
  }

  /** Has the file's content on the server's disk. */
  async fsync(handle: SftpHandle): Promise<void> {
    await this.#tell(this.#extended(extension.fsync, 4 + handle.length).bytes(handle));
  }

  /** Copies all of one open file into another on the server. */
  async copyData(from: SftpHandle, to: SftpHandle): Promise<void> {
    const writer = this.#extended(extension.copyData, 4 + from.length + 8 + 8 + 4 + to.length + 8);
    await this.#tell(writer.bytes(from).u64(0).u64(0).bytes(to).u64(0));
  }

  /** Bytes that this user may still write to the file system that holds `path`. */
  async availableBytes(path: string): Promise<number> {
    return await this.#channel.ask(
      this.#extended(extension.statvfs, 0, path).text(path, this.#encoding),
      reply.extended,
      (body) => {
        const [, fragmentSize, , , availableBlocks] = [body.u64(), body.u64(), body.u64(), body.u64(), body.u64()];
        return fragmentSize * availableBlocks;
      },
    );
  }

  async #askLimits(): Promise<void> {
    try {
      const limits = await this.#channel.ask(this.#extended(extension.limits, 0), reply.extended, (body) => {
        body.u64();
        return { read: body.u64(), write: body.u64() };
      });
      if (limits.read > 0) this.#readBytes = Math.min(limits.read, openSshDataBytes);
      if (limits.write > 0) this.#writeBytes = Math.min(limits.write, openSshDataBytes);
    } catch (error) {
      // A server that announces its limits and then does not tell them has the usual ones; a lost session is told elsewhere.
      if (!(error instanceof TransportError)) throw error;
    }
  }

  #writer(type: number, capacity: number, ...texts: readonly string[]): PacketWriter {
    for (const text of texts) checkName(text, this.#encoding);
    return new PacketWriter(type, this.#channel.nextId(), capacity, ...texts);
  }

  #pathRequest(type: number, path: string): PacketWriter {
    return this.#writer(type, 0, path).text(path, this.#encoding);
  }

  #extended(name: string, capacity: number, ...texts: readonly string[]): PacketWriter {
    if (!this.extensions.has(name)) throw new TransportError("unsupported", `the server lacks the extension ${name}`);
    return this.#writer(request.extended, capacity, name, ...texts).text(name, "latin1");
  }

  #tell(writer: PacketWriter): Promise<void> {
    return this.#channel.tell(writer);
  }

  async #atEndUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
    try {
      return await asked;
    } catch (error) {
      if (hasStatus(error, status.endOfFile)) return undefined;
      throw toTransportError(error);
    }
  }

  #readNames(body: PacketReader): SftpName[] {
    const names: SftpName[] = [];
    for (let count = body.u32(); count > 0; count--) {
      const bytes = Buffer.from(body.bytes());
      body.bytes(); // A line of `ls -l`, in whatever form.
      names.push({ name: decodeName(bytes, this.#encoding), bytes, attributes: readAttributes(body) });
    }
    return names;
  }

  #readOneName(body: PacketReader): string {
    const [first] = this.#readNames(body);
    if (first === undefined)
      throw new TransportError("protocol-error", "the server answers with no name where one is due");
    if (first.name === undefined) {
      throw new TransportError("invalid-path", "what the server answers is no UTF-8 text", {
        hint: 'For a server with names in Latin-1 pass ssh: { encoding: "latin1" }',
      });
    }
    return first.name;
  }
}

function readHandle(body: PacketReader): SftpHandle {
  return Buffer.from(body.bytes());
}
