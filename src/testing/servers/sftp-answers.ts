import { isTransportError } from "../../errors/transport-error.ts";
import { fileType, reply } from "../../schemes/sftp/protocol/messages.ts";
import { status } from "../../schemes/sftp/protocol/status.ts";
import type { TreeStat } from "../../schemes/memory/tree-types.ts";

const kinds = { file: fileType.regular, directory: fileType.directory, link: fileType.link };
const letters = { file: "-", directory: "d", link: "l" };
/** Size, owner, permissions and times. */
const allAttributes = 0x01 | 0x02 | 0x04 | 0x08;

/** An SFTP packet of a server: length, type and fields. */
export function packet(type: number, ...fields: readonly Buffer[]): Buffer {
  const length = fields.reduce((sum, field) => sum + field.length, 1);
  const head = Buffer.allocUnsafe(5);
  head.writeUInt32BE(length, 0);
  head[4] = type;
  return Buffer.concat([head, ...fields]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value >>> 0, 0);
  return bytes;
}

export function u64(value: number): Buffer {
  return Buffer.concat([u32(Math.floor(value / 0x1_0000_0000)), u32(value % 0x1_0000_0000)]);
}

export function bytes(value: string | Buffer): Buffer {
  const content = typeof value === "string" ? Buffer.from(value, "utf8") : value;
  return Buffer.concat([u32(content.length), content]);
}

export function statusAnswer(id: number, code: number, message: string): Buffer {
  return packet(reply.status, u32(id), u32(code), bytes(message), bytes("en"));
}

export function attributesOf({ type, sizeBytes, mode, mtime, atime }: TreeStat): Buffer {
  const seconds = (date: Date): Buffer => u32(Math.floor(date.getTime() / 1000));
  return Buffer.concat([
    u32(allAttributes),
    u64(sizeBytes),
    u32(0),
    u32(0),
    u32(kinds[type] | mode),
    seconds(atime),
    seconds(mtime),
  ]);
}

/** One entry of a listing, with the line of `ls -l` that version 3 has beside the attributes. */
export function nameEntry(name: string, stat: TreeStat): Buffer {
  const line = `${letters[stat.type]}${permissions(stat.mode)} ${stat.links} 0 0 ${stat.sizeBytes} ${stat.mtime.toDateString()} ${name}`;
  return Buffer.concat([bytes(name), bytes(line), attributesOf(stat)]);
}

/** What OpenSSH answers to a failure: for most of them it says only that it failed. */
export function failureAnswer(id: number, error: unknown): Buffer {
  if (isTransportError(error, "not-found", "not-a-directory"))
    return statusAnswer(id, status.noSuchFile, "No such file");
  if (isTransportError(error, "permission-denied"))
    return statusAnswer(id, status.permissionDenied, "Permission denied");
  if (isTransportError(error, "unsupported")) return statusAnswer(id, status.unsupported, "Operation unsupported");
  return statusAnswer(id, status.failure, "Failure");
}

function permissions(mode: number): string {
  return [6, 3, 0]
    .map((shift) => ["r", "w", "x"].map((letter, at) => ((mode >> shift) & (4 >> at) ? letter : "-")).join(""))
    .join("");
}
