import type { Duplex } from "node:stream";

import { TransportError } from "../../errors/transport-error.ts";
import type { SftpAttributes } from "../../schemes/sftp/protocol/attributes.ts";
import { readAttributes } from "../../schemes/sftp/protocol/attributes.ts";
import { extension, openFlag, reply, request, version } from "../../schemes/sftp/protocol/messages.ts";
import { PacketReader } from "../../schemes/sftp/protocol/packet-reader.ts";
import { status } from "../../schemes/sftp/protocol/status.ts";
import type { FileTree } from "../../schemes/memory/file-tree.ts";
import type { TreeFile } from "../../schemes/memory/tree-file.ts";
import type { TreeAttributes, TreeStat } from "../../schemes/memory/tree-types.ts";
import { attributesOf, bytes, failureAnswer, nameEntry, packet, statusAnswer, u32, u64 } from "./sftp-answers.ts";

/** What becomes of a request: answered, swallowed, or the connection is cut; or answered with a status of its own. */
export type SftpReaction = "answer" | "silence" | "drop" | { readonly status: number; readonly message: string };

/** Names of requests as they are counted and handed to `onRequest`: `open`, `read`, …, and extensions by their own name. */
export type SftpRequestName = Exclude<keyof typeof request, "init" | "extended"> | (string & {});

export interface SftpSessionOptions {
  readonly tree: FileTree;
  /** The login directory. */
  readonly home: string;
  /** Extensions that are announced and served. */
  readonly extensions: readonly string[];
  readonly counted: (name: SftpRequestName) => void;
  readonly onRequest: (name: SftpRequestName) => SftpReaction;
  /** Cuts the connection. */
  readonly drop: () => void;
}

/** Entries in one answer to READDIR, as many as OpenSSH gives. */
const entriesPerAnswer = 100;
const maxReadBytes = 255 * 1024;
const maxPacketBytes = 256 * 1024;

interface OpenDirectory {
  readonly entries: { name: string; stat: TreeStat }[];
}

const names = Object.fromEntries(Object.entries(request).map(([name, number]) => [number, name])) as Record<
  number,
  string
>;

/** One SFTP session over a channel: version 3, with OpenSSH's way of answering, on a file tree in memory. */
export class SftpSession {
  readonly #channel: Duplex;
  readonly #options: SftpSessionOptions;
  readonly #handles = new Map<number, TreeFile | OpenDirectory>();
  #lastHandle = 0;
  #unread: Buffer = Buffer.alloc(0);

  constructor(channel: Duplex, options: SftpSessionOptions) {
    this.#channel = channel;
    this.#options = options;
    channel.on("data", (chunk: Buffer) => this.#receive(chunk));
    channel.on("error", () => channel.destroy());
    channel.on("end", () => channel.end());
  }

  #receive(chunk: Buffer): void {
    let data = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    while (data.length >= 4) {
      const length = data.readUInt32BE(0);
      if (length < 1 || length > maxPacketBytes * 2) return this.#options.drop();
      if (data.length < 4 + length) break;
      this.#take(data.subarray(4, 4 + length));
      data = data.subarray(4 + length);
    }
    this.#unread = data;
  }

  #take(body: Buffer): void {
    const type = body[0] as number;
    const reader = new PacketReader(body.subarray(1));
    if (type === request.init) return this.#greet();
    const id = reader.u32();
    const name = type === request.extended ? reader.bytes().toString("utf8") : names[type];
    if (name === undefined) return this.#send(statusAnswer(id, status.unsupported, "Operation unsupported"));
    this.#options.counted(name);
    const reaction = this.#options.onRequest(name);
    if (reaction === "silence") return;
    if (reaction === "drop") return this.#options.drop();
    if (reaction !== "answer") return this.#send(statusAnswer(id, reaction.status, reaction.message));
    try {
      this.#send(this.#answer(name, id, reader) ?? statusAnswer(id, status.ok, "Success"));
    } catch (error) {
      this.#send(failureAnswer(id, error));
    }
  }

  #greet(): void {
    const announced = this.#options.extensions.map((name) => Buffer.concat([bytes(name), bytes("1")]));
    this.#send(packet(reply.version, u32(version), ...announced));
  }

  #send(answer: Buffer): void {
    if (!this.#channel.destroyed && this.#channel.writable) this.#channel.write(answer);
  }

  /** Does what is asked; undefined means that "ok" is the whole answer. */
  #answer(name: string, id: number, reader: PacketReader): Buffer | undefined {
    const { tree } = this.#options;
    switch (name) {
      case "open":
        return this.#handle(id, this.#open(this.#path(reader), reader.u32(), readAttributes(reader)));
      case "opendir":
        return this.#handle(id, { entries: withDots(tree, this.#path(reader)) });
      case "close":
        return this.#close(reader);
      case "read":
        return this.#read(id, this.#file(reader), reader.u64(), reader.u32());
      case "write":
        return void this.#file(reader).write(reader.u64(), reader.bytes());
      case "readdir":
        return this.#readdir(id, reader);
      case "stat":
        return packet(reply.attrs, u32(id), attributesOf(tree.stat(this.#path(reader))));
      case "lstat":
        return packet(reply.attrs, u32(id), attributesOf(tree.lstat(this.#path(reader))));
      case "fstat":
        return packet(reply.attrs, u32(id), attributesOf(this.#file(reader).stat()));
      case "setstat":
        return void tree.setAttributes(this.#path(reader), treeAttributes(readAttributes(reader)), {
          followLinks: true,
        });
      case "fsetstat":
        return void this.#file(reader).setAttributes(treeAttributes(readAttributes(reader)));
      case "remove":
        return void tree.unlink(this.#path(reader));
      case "mkdir":
        return void tree.mkdir(this.#path(reader), (readAttributes(reader).permissions ?? 0o777) & 0o7777 & ~0o022);
      case "rmdir":
        return void tree.rmdir(this.#path(reader));
      case "realpath":
        return nameAnswer(id, tree.realpath(this.#path(reader)));
      case "readlink":
        return nameAnswer(id, tree.readlink(this.#path(reader)));
      case "rename":
        return void tree.rename(this.#path(reader), this.#path(reader), { replace: false });
      case "symlink": // OpenSSH takes the target first, against the draft; so does everybody.
        return void tree.symlink(reader.bytes().toString("utf8"), this.#path(reader));
      default:
        return this.#extended(name, id, reader);
    }
  }

  #extended(name: string, id: number, reader: PacketReader): Buffer | undefined {
    const { tree, extensions } = this.#options;
    if (!extensions.includes(name)) throw new TransportError("unsupported", `no extension ${name}`);
    switch (name) {
      case extension.posixRename:
        return void tree.rename(this.#path(reader), this.#path(reader), { replace: true });
      case extension.hardlink:
        return void tree.link(this.#path(reader), this.#path(reader));
      case extension.fsync:
        return void this.#file(reader).stat();
      case extension.limits:
        return packet(reply.extended, u32(id), u64(maxPacketBytes), u64(maxReadBytes), u64(maxReadBytes), u64(0));
      case extension.copyData:
        return this.#copyData(reader);
      default:
        throw new TransportError("unsupported", `no extension ${name}`);
    }
  }

  #path(reader: PacketReader): string {
    const path = reader.bytes().toString("utf8");
    return path.startsWith("/") ? path : `${this.#options.home}/${path}`;
  }

  #open(path: string, flags: number, attributes: SftpAttributes): TreeFile {
    const has = (flag: number): boolean => (flags & flag) !== 0;
    return this.#options.tree.open(
      path,
      {
        read: has(openFlag.read),
        write: has(openFlag.write),
        append: has(openFlag.append),
        create: has(openFlag.create),
        truncate: has(openFlag.truncate),
        exclusive: has(openFlag.exclusive),
      },
      (attributes.permissions ?? 0o666) & 0o7777 & ~0o022,
    );
  }

  #handle(id: number, opened: TreeFile | OpenDirectory): Buffer {
    this.#handles.set(++this.#lastHandle, opened);
    return packet(reply.handle, u32(id), bytes(u32(this.#lastHandle)));
  }

  #opened(reader: PacketReader): { readonly key: number; readonly opened: TreeFile | OpenDirectory } {
    const handle = reader.bytes();
    const key = handle.length === 4 ? handle.readUInt32BE(0) : 0;
    const opened = this.#handles.get(key);
    if (opened === undefined) throw new TransportError("unexpected", "no such handle");
    return { key, opened };
  }

  #file(reader: PacketReader): TreeFile {
    const { opened } = this.#opened(reader);
    if ("entries" in opened) throw new TransportError("unexpected", "not a file");
    return opened;
  }

  #close(reader: PacketReader): undefined {
    const { key, opened } = this.#opened(reader);
    this.#handles.delete(key);
    if (!("entries" in opened)) opened.close();
  }

  #read(id: number, file: TreeFile, offset: number, length: number): Buffer {
    const data = file.read(offset, Math.min(length, maxReadBytes));
    if (data.length === 0 && length > 0) return statusAnswer(id, status.endOfFile, "End of file");
    return packet(reply.data, u32(id), bytes(data));
  }

  #readdir(id: number, reader: PacketReader): Buffer {
    const { opened } = this.#opened(reader);
    if (!("entries" in opened)) throw new TransportError("unexpected", "not a directory");
    const entries = opened.entries.splice(0, entriesPerAnswer);
    if (entries.length === 0) return statusAnswer(id, status.endOfFile, "End of file");
    return packet(reply.name, u32(id), u32(entries.length), ...entries.map(({ name, stat }) => nameEntry(name, stat)));
  }

  #copyData(reader: PacketReader): undefined {
    const source = this.#file(reader);
    const offset = reader.u64();
    const length = reader.u64();
    const target = this.#file(reader);
    const targetOffset = reader.u64();
    target.write(targetOffset, source.read(offset, length === 0 ? source.stat().sizeBytes : length));
  }
}

function nameAnswer(id: number, path: string): Buffer {
  return packet(reply.name, u32(id), u32(1), bytes(path), bytes(path), u32(0));
}

/** A listing as servers give it, with the directory itself and the one above. */
function withDots(tree: FileTree, path: string): { name: string; stat: TreeStat }[] {
  const entries = tree.readdir(path);
  const here = tree.stat(path);
  return [{ name: ".", stat: here }, { name: "..", stat: here }, ...entries];
}

function treeAttributes({ size, permissions, times }: SftpAttributes): TreeAttributes {
  return {
    sizeBytes: size,
    mode: permissions === undefined ? undefined : permissions & 0o7777,
    mtime: times === undefined ? undefined : new Date(times.modified * 1000),
    atime: times === undefined ? undefined : new Date(times.accessed * 1000),
  };
}
