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

/** Open files and directories that a server may need for itself of those that it says one may have. */
const ownHandles = 8;

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
  #openHandles = 0;
  #mostHandles = Infinity;

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

  /** Whether so many files and directories are open that the server may open no more; where it does not tell its limit nobody knows. */
  get isFull(): boolean {
    return this.#openHandles + ownHandles >= this.#mostHandles;
  }

  /** Ends the session: whatever is pending, and every later request, rejects with `reason`. */
  fail(reason: TransportError): void {
    this.#channel.fail(reason);
  }

  open(path: string, flags: number, attributes: SftpAttributes = {}): Promise<SftpHandle> {
    return settling(() => {
      const writer = this.#writer(request.open, 4 + maxAttributesBytes, path)
        .text(path, this.#encoding)
        .u32(flags);
      writeAttributes(writer, attributes);
      return this.#channel.ask(writer, reply.handle, this.#readHandle);
    });
  }

  close(handle: SftpHandle): Promise<void> {
    this.#openHandles--;
    return this.#channel.tell(this.#writer(request.close, 4 + handle.length).bytes(handle));
  }

  /**
   * The bytes from `position`: as many as the number `into` or as the buffer `into` holds, or fewer; undefined at the end of the file. With a buffer
   * they are put into it, and the result is the part of it that was filled.
   */
  read(handle: SftpHandle, position: number, into: number | Buffer): Promise<Buffer | undefined> {
    const length = typeof into === "number" ? into : into.length;
    const writer = this.#writer(request.read, 4 + handle.length + 8 + 4)
      .bytes(handle)
      .u64(position)
      .u32(length);
    return this.#channel.askData(writer, into);
  }

  /** Writes all of `data`, which must not change until this settles, and must not be larger than `writeBytes`. */
  write(handle: SftpHandle, position: number, data: Uint8Array): Promise<void> {
    const writer = this.#writer(request.write, 4 + handle.length + 8 + 4)
      .bytes(handle)
      .u64(position)
      .u32(data.length);
    return this.#channel.tellWithData(writer, data);
  }

  stat(path: string): Promise<SftpAttributes> {
    return this.#askPath(request.stat, path, reply.attrs, readAttributes);
  }

  lstat(path: string): Promise<SftpAttributes> {
    return this.#askPath(request.lstat, path, reply.attrs, readAttributes);
  }

  fstat(handle: SftpHandle): Promise<SftpAttributes> {
    const writer = this.#writer(request.fstat, 4 + handle.length).bytes(handle);
    return this.#channel.ask(writer, reply.attrs, readAttributes);
  }

  setstat(path: string, attributes: SftpAttributes): Promise<void> {
    return settling(() => {
      const writer = this.#writer(request.setstat, maxAttributesBytes, path).text(path, this.#encoding);
      writeAttributes(writer, attributes);
      return this.#channel.tell(writer);
    });
  }

  fsetstat(handle: SftpHandle, attributes: SftpAttributes): Promise<void> {
    const writer = this.#writer(request.fsetstat, 4 + handle.length + maxAttributesBytes).bytes(handle);
    writeAttributes(writer, attributes);
    return this.#channel.tell(writer);
  }

  opendir(path: string): Promise<SftpHandle> {
    return this.#askPath(request.opendir, path, reply.handle, this.#readHandle);
  }

  /** Some more names of a directory; undefined when there are no more. */
  readdir(handle: SftpHandle): Promise<readonly SftpName[] | undefined> {
    const writer = this.#writer(request.readdir, 4 + handle.length).bytes(handle);
    return this.#channel.askUntilEnd(writer, reply.name, this.#readNames);
  }

  mkdir(path: string, attributes: SftpAttributes = {}): Promise<void> {
    return settling(() => {
      const writer = this.#writer(request.mkdir, maxAttributesBytes, path).text(path, this.#encoding);
      writeAttributes(writer, attributes);
      return this.#channel.tell(writer);
    });
  }

  rmdir(path: string): Promise<void> {
    return settling(() => this.#channel.tell(this.#pathRequest(request.rmdir, path)));
  }

  remove(path: string): Promise<void> {
    return settling(() => this.#channel.tell(this.#pathRequest(request.remove, path)));
  }

  /** Fails where anything is at `to`. */
  rename(from: string, to: string): Promise<void> {
    return settling(() => this.#tellOfTwo(this.#writer(request.rename, 0, from, to), from, to));
  }

  /** As rename(2): replaces a file or an empty directory. */
  posixRename(from: string, to: string): Promise<void> {
    return settling(() => this.#tellOfTwo(this.#extended(extension.posixRename, 0, from, to), from, to));
  }

  hardlink(existing: string, path: string): Promise<void> {
    return settling(() => this.#tellOfTwo(this.#extended(extension.hardlink, 0, existing, path), existing, path));
  }

  symlink(target: string, path: string): Promise<void> {
    const [first, second] = this.#linkTargetFirst ? [target, path] : [path, target];
    return settling(() => this.#tellOfTwo(this.#writer(request.symlink, 0, first, second), first, second));
  }

  readlink(path: string): Promise<string> {
    return this.#askPath(request.readlink, path, reply.name, this.#readOneName);
  }

  /** The absolute path of a path, links resolved. */
  realpath(path: string): Promise<string> {
    return this.#askPath(request.realpath, path, reply.name, this.#readOneName);
  }

  /** Has the file's content on the server's disk. */
  fsync(handle: SftpHandle): Promise<void> {
    return settling(() => this.#channel.tell(this.#extended(extension.fsync, 4 + handle.length).bytes(handle)));
  }

  /** Copies all of one open file into another on the server. */
  copyData(from: SftpHandle, to: SftpHandle): Promise<void> {
    return settling(() => {
      const writer = this.#extended(extension.copyData, 4 + from.length + 8 + 8 + 4 + to.length + 8);
      return this.#channel.tell(writer.bytes(from).u64(0).u64(0).bytes(to).u64(0));
    });
  }

  /** Bytes that this user may still write to the file system that holds `path`. */
  availableBytes(path: string): Promise<number> {
    return settling(() => {
      const writer = this.#extended(extension.statvfs, 0, path).text(path, this.#encoding);
      return this.#channel.ask(writer, reply.extended, (body) => {
        const [, fragmentSize, , , availableBlocks] = [body.u64(), body.u64(), body.u64(), body.u64(), body.u64()];
        return fragmentSize * availableBlocks;
      });
    });
  }

  async #askLimits(): Promise<void> {
    try {
      const limits = await this.#channel.ask(this.#extended(extension.limits, 0), reply.extended, (body) => {
        body.u64();
        return { read: body.u64(), write: body.u64(), handles: body.u64() };
      });
      if (limits.read > 0) this.#readBytes = Math.min(limits.read, openSshDataBytes);
      if (limits.write > 0) this.#writeBytes = Math.min(limits.write, openSshDataBytes);
      if (limits.handles > 0) this.#mostHandles = limits.handles;
    } catch (error) {
      // A server that announces its limits and then does not tell them has the usual ones; a lost session is told elsewhere.
      if (!(error instanceof TransportError)) throw error;
    }
  }

  readonly #readHandle = (body: PacketReader): SftpHandle => {
    this.#openHandles++;
    return Buffer.from(body.bytes());
  };

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

  #askPath<T>(type: number, path: string, expects: number, read: (body: PacketReader) => T): Promise<T> {
    return settling(() => this.#channel.ask(this.#pathRequest(type, path), expects, read));
  }

  #tellOfTwo(writer: PacketWriter, first: string, second: string): Promise<void> {
    return this.#channel.tell(writer.text(first, this.#encoding).text(second, this.#encoding));
  }

  readonly #readNames = (body: PacketReader): SftpName[] => {
    const names: SftpName[] = [];
    for (let count = body.u32(); count > 0; count--) {
      const bytes = Buffer.from(body.bytes());
      body.bytes(); // A line of `ls -l`, in whatever form.
      names.push({ name: decodeName(bytes, this.#encoding), bytes, attributes: readAttributes(body) });
    }
    return names;
  };

  readonly #readOneName = (body: PacketReader): string => {
    const [first] = this.#readNames(body);
    if (first === undefined)
      throw new TransportError("protocol-error", "the server answers with no name where one is due");
    if (first.name === undefined) {
      throw new TransportError("invalid-path", "what the server answers is no UTF-8 text", {
        hint: 'For a server with names in Latin-1 pass ssh: { encoding: "latin1" }',
      });
    }
    return first.name;
  };
}

/** What throws while a request is put together, such as a name that cannot be sent, rejects as every other failure does. */
function settling<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return ask();
  } catch (error) {
    return Promise.reject(toTransportError(error));
  }
}
