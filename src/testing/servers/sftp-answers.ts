import type { ErrorCode } from "../../errors/error-code.ts";
import { isTransportError } from "../../errors/transport-error.ts";
import { isLoopError } from "../../schemes/memory/tree-error.ts";
import type { TreeStat } from "../../schemes/memory/tree-types.ts";
import type { SftpAttributes } from "../../schemes/sftp/protocol/attributes.ts";
import { maxAttributesBytes, writeAttributes } from "../../schemes/sftp/protocol/attributes.ts";
import { fileType, reply } from "../../schemes/sftp/protocol/messages.ts";
import type { NameEncoding } from "../../schemes/sftp/protocol/name-encoding.ts";
import { PacketWriter } from "../../schemes/sftp/protocol/packet-writer.ts";
import { status } from "../../schemes/sftp/protocol/status.ts";

export interface NamedStat {
  readonly name: string;
  readonly stat: TreeStat;
}

/** Everything belongs to root, as does the server. */
export const owner = { uid: 0, gid: 0 } as const;

const kinds = { file: fileType.regular, directory: fileType.directory, link: fileType.link };
const letters = { file: "-", directory: "d", link: "l" };

/** What OpenSSH says of a failure: most of them it only calls a failure (its errno_to_portable). */
const statuses: Partial<Record<ErrorCode, number>> = {
  "not-found": status.noSuchFile,
  "not-a-directory": status.noSuchFile,
  "permission-denied": status.permissionDenied,
  "invalid-path": status.badMessage,
  "protocol-error": status.badMessage,
  unsupported: status.unsupported,
};

const messages: Readonly<Record<number, string>> = {
  [status.ok]: "Success",
  [status.endOfFile]: "End of file",
  [status.noSuchFile]: "No such file",
  [status.permissionDenied]: "Permission denied",
  [status.failure]: "Failure",
  [status.badMessage]: "Bad message",
  [status.unsupported]: "Operation unsupported",
};

/** An answer that is no result. */
export function statusAnswer(id: number, code: number, message: string = messages[code] ?? ""): Buffer {
  return new PacketWriter(reply.status, id, 4, message, "").u32(code).text(message, "utf8").text("", "utf8").finish();
}

/** The answer to a request that failed. What is no failure of the tree is a fault of the server, or of a test's hook, and says so. */
export function failureAnswer(id: number, error: unknown): Buffer {
  if (!isTransportError(error)) return statusAnswer(id, status.failure, String(error));
  return statusAnswer(id, isLoopError(error) ? status.noSuchFile : (statuses[error.code] ?? status.failure));
}

export function handleAnswer(id: number, handle: number): Buffer {
  return new PacketWriter(reply.handle, id, 8).u32(4).u32(handle).finish();
}

export function attributesAnswer(id: number, stat: TreeStat): Buffer {
  const writer = new PacketWriter(reply.attrs, id, maxAttributesBytes);
  writeAttributes(writer, attributesOf(stat));
  return writer.finish();
}

/** An answer to READ, with `length` bytes to be filled in; `cut` is the answer with the first of them only. */
export function dataAnswer(
  id: number,
  length: number,
): { readonly data: Buffer; readonly cut: (length: number) => Buffer } {
  const answer = Buffer.allocUnsafe(13 + length);
  return {
    data: answer.subarray(13),
    cut: (filled) => {
      answer.writeUInt32BE(9 + filled, 0);
      answer[4] = reply.data;
      answer.writeUInt32BE(id, 5);
      answer.writeUInt32BE(filled, 9);
      return answer.subarray(0, 13 + filled);
    },
  };
}

/** The answer to READDIR: each entry with the line of `ls -l` that version 3 has beside the attributes. */
export function namesAnswer(id: number, entries: readonly NamedStat[], encoding: NameEncoding): Buffer {
  const lines = entries.map(lineOf);
  const names = entries.map(({ name }) => name);
  const writer = new PacketWriter(reply.name, id, 4 + entries.length * maxAttributesBytes, ...names, ...lines);
  writer.u32(entries.length);
  for (const [at, { name, stat }] of entries.entries()) {
    writer.text(name, encoding).text(lines[at] as string, encoding);
    writeAttributes(writer, attributesOf(stat));
  }
  return writer.finish();
}

/** The answer to READLINK and REALPATH: a name without attributes. */
export function pathAnswer(id: number, path: string, encoding: NameEncoding): Buffer {
  return new PacketWriter(reply.name, id, 8, path, path)
    .u32(1)
    .text(path, encoding)
    .text(path, encoding)
    .u32(0)
    .finish();
}

/** An answer of an extension: numbers. */
export function numbersAnswer(id: number, numbers: readonly number[]): Buffer {
  const writer = new PacketWriter(reply.extended, id, 8 * numbers.length);
  for (const number of numbers) writer.u64(number);
  return writer.finish();
}

function attributesOf({ type, sizeBytes, mode, mtime, atime }: TreeStat): SftpAttributes {
  const times = { accessed: Math.floor(atime.getTime() / 1000), modified: Math.floor(mtime.getTime() / 1000) };
  return { size: sizeBytes, owner, permissions: kinds[type] | mode, times };
}

function lineOf({ name, stat }: NamedStat): string {
  const { type, mode, links, sizeBytes, mtime } = stat;
  const day = mtime.toUTCString().slice(5, 11).split(" ").toReversed().join(" ");
  return `${letters[type]}${permissionLetters(mode)} ${links} root root ${sizeBytes} ${day} ${mtime.getUTCFullYear()} ${name}`;
}

function permissionLetters(mode: number): string {
  return Array.from("rwxrwxrwx", (letter, at) => (mode & (0o400 >> at) ? letter : "-")).join("");
}
