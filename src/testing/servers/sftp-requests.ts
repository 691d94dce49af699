import { TransportError } from "../../errors/transport-error.ts";
import type { FileTree } from "../../schemes/memory/file-tree.ts";
import type { TreeFile } from "../../schemes/memory/tree-file.ts";
import type { TreeAttributes } from "../../schemes/memory/tree-types.ts";
import { readAttributes } from "../../schemes/sftp/protocol/attributes.ts";
import { openFlag, type request } from "../../schemes/sftp/protocol/messages.ts";
import type { NameEncoding } from "../../schemes/sftp/protocol/name-encoding.ts";
import { decodeName } from "../../schemes/sftp/protocol/name-encoding.ts";
import type { PacketReader } from "../../schemes/sftp/protocol/packet-reader.ts";
import { status } from "../../schemes/sftp/protocol/status.ts";
import {
  attributesAnswer,
  dataAnswer,
  handleAnswer,
  namesAnswer,
  owner,
  pathAnswer,
  statusAnswer,
} from "./sftp-answers.ts";
import { SftpHandles } from "./sftp-handles.ts";

/** Bytes of data in one request, as OpenSSH allows. */
export const maxDataBytes: number = 255 * 1024;
/** Entries in one answer to READDIR, as many as OpenSSH gives. */
const entriesPerAnswer = 100;
/** What new files and directories are not allowed, whatever is asked for: the usual one. */
const umask = 0o022;

export interface SftpRequestsOptions {
  readonly tree: FileTree;
  /** The login directory. */
  readonly home: string;
  /** How names are bytes. */
  readonly encoding: NameEncoding;
  /** Whether SYMLINK names the target first, as OpenSSH has it, and not the link, as the draft does. */
  readonly linkTargetFirst: boolean;
  /** Files and directories that may be open at a time. Default 0: any number. */
  readonly maxHandles?: number;
}

type RequestName = Exclude<keyof typeof request, "init" | "extended">;

/** The requests of SFTP version 3 on a tree in memory. Each reads its fields, and gives its answer, or nothing where "ok" is all of it. */
export class SftpRequests implements Record<RequestName, (id: number, reader: PacketReader) => Buffer | undefined> {
  readonly tree: FileTree;
  readonly handles: SftpHandles;
  readonly #options: SftpRequestsOptions;

  constructor(options: SftpRequestsOptions) {
    this.#options = options;
    this.tree = options.tree;
    this.handles = new SftpHandles(options.maxHandles ?? 0);
  }

  /** The absolute path that is read from a request. */
  path(reader: PacketReader): string {
    const path = this.#text(reader);
    return path.startsWith("/") ? path : `${this.#options.home}/${path}`;
  }

  file(reader: PacketReader): TreeFile {
    return this.handles.file(reader.bytes());
  }

  attributes(reader: PacketReader): TreeAttributes {
    const { size, owner: wanted, permissions, times } = readAttributes(reader);
    if (wanted !== undefined && (wanted.uid !== owner.uid || wanted.gid !== owner.gid))
      throw new TransportError("permission-denied", "there is one owner only");
    return {
      sizeBytes: size,
      mode: permissions,
      mtime: times === undefined ? undefined : new Date(times.modified * 1000),
      atime: times === undefined ? undefined : new Date(times.accessed * 1000),
    };
  }

  open(id: number, reader: PacketReader): Buffer {
    const path = this.path(reader);
    const flags = reader.u32();
    const has = (flag: number): boolean => (flags & flag) !== 0;
    const mode = this.attributes(reader).mode ?? 0o666;
    const file = this.tree.open(
      path,
      {
        read: has(openFlag.read) || !has(openFlag.write),
        write: has(openFlag.write),
        append: has(openFlag.append),
        create: has(openFlag.create),
        truncate: has(openFlag.truncate),
        exclusive: has(openFlag.exclusive),
      },
      mode & ~umask,
    );
    return handleAnswer(id, this.handles.add({ path, file }));
  }

  close(_id: number, reader: PacketReader): undefined {
    this.handles.close(reader.bytes());
  }

  read(id: number, reader: PacketReader): Buffer {
    const file = this.file(reader);
    const offset = reader.u64();
    const length = Math.min(reader.u32(), maxDataBytes, Math.max(0, file.stat().sizeBytes - offset));
    const { data, cut } = dataAnswer(id, length);
    const filled = file.readInto(data, offset);
    return filled === 0 ? statusAnswer(id, status.endOfFile) : cut(filled);
  }

  write(_id: number, reader: PacketReader): undefined {
    this.file(reader).write(reader.u64(), reader.bytes());
  }

  lstat(id: number, reader: PacketReader): Buffer {
    return attributesAnswer(id, this.tree.lstat(this.path(reader)));
  }

  stat(id: number, reader: PacketReader): Buffer {
    return attributesAnswer(id, this.tree.stat(this.path(reader)));
  }

  fstat(id: number, reader: PacketReader): Buffer {
    return attributesAnswer(id, this.file(reader).stat());
  }

  setstat(_id: number, reader: PacketReader): undefined {
    this.tree.setAttributes(this.path(reader), this.attributes(reader), { followLinks: true });
  }

  fsetstat(_id: number, reader: PacketReader): undefined {
    this.file(reader).setAttributes(this.attributes(reader));
  }

  opendir(id: number, reader: PacketReader): Buffer {
    const path = this.path(reader);
    const entries = this.tree.readdir(path);
    const here = { name: ".", stat: this.tree.stat(path) };
    const above = { name: "..", stat: this.tree.stat(`${path}/..`) };
    return handleAnswer(id, this.handles.add({ path, entries: [here, above, ...entries] }));
  }

  readdir(id: number, reader: PacketReader): Buffer {
    const entries = this.handles.directory(reader.bytes()).entries.splice(0, entriesPerAnswer);
    if (entries.length === 0) return statusAnswer(id, status.endOfFile);
    return namesAnswer(id, entries, this.#options.encoding);
  }

  remove(_id: number, reader: PacketReader): undefined {
    this.tree.unlink(this.path(reader));
  }

  mkdir(_id: number, reader: PacketReader): undefined {
    const path = this.path(reader);
    this.tree.mkdir(path, (this.attributes(reader).mode ?? 0o777) & ~umask);
  }

  rmdir(_id: number, reader: PacketReader): undefined {
    this.tree.rmdir(this.path(reader));
  }

  realpath(id: number, reader: PacketReader): Buffer {
    return pathAnswer(id, this.tree.realpath(this.path(reader)), this.#options.encoding);
  }

  rename(_id: number, reader: PacketReader): undefined {
    this.tree.rename(this.path(reader), this.path(reader), { replace: false });
  }

  readlink(id: number, reader: PacketReader): Buffer {
    return pathAnswer(id, this.tree.readlink(this.path(reader)), this.#options.encoding);
  }

  symlink(_id: number, reader: PacketReader): undefined {
    if (this.#options.linkTargetFirst) {
      this.tree.symlink(this.#text(reader), this.path(reader));
    } else {
      const path = this.path(reader);
      this.tree.symlink(this.#text(reader), path);
    }
  }

  #text(reader: PacketReader): string {
    const text = decodeName(reader.bytes(), this.#options.encoding);
    if (text === undefined) throw new TransportError("invalid-path", "the server keeps names in UTF-8 only");
    return text;
  }
}
