import type { PacketReader } from "./packet-reader.ts";
import type { PacketWriter } from "./packet-writer.ts";
import { attributeFlag } from "./messages.ts";

/** What SFTP says of a file. What a server leaves out is absent. */
export interface SftpAttributes {
  readonly size?: number | undefined;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Kind of file and permission bits, as in POSIX. */
  readonly permissions?: number | undefined;
  /** Seconds since 1970, 0 to 2³² − 1; both or none. */
  readonly times?: { readonly accessed: number; readonly modified: number } | undefined;
}

/** Bytes that attributes take at most when they are written. */
export const maxAttributesBytes: number = 4 + 8 + 8 + 4 + 8;

export function writeAttributes(writer: PacketWriter, { size, owner, permissions, times }: SftpAttributes): void {
  writer.u32(
    (size === undefined ? 0 : attributeFlag.size) |
      (owner === undefined ? 0 : attributeFlag.owner) |
      (permissions === undefined ? 0 : attributeFlag.permissions) |
      (times === undefined ? 0 : attributeFlag.times),
  );
  if (size !== undefined) writer.u64(size);
  if (owner !== undefined) {
    writer.u32(owner.uid);
    writer.u32(owner.gid);
  }
  if (permissions !== undefined) writer.u32(permissions);
  if (times !== undefined) {
    writer.u32(times.accessed);
    writer.u32(times.modified);
  }
}

export function readAttributes(reader: PacketReader): SftpAttributes {
  const flags = reader.u32();
  const size = flags & attributeFlag.size ? reader.u64() : undefined;
  const owner = flags & attributeFlag.owner ? { uid: reader.u32(), gid: reader.u32() } : undefined;
  const permissions = flags & attributeFlag.permissions ? reader.u32() : undefined;
  const times = flags & attributeFlag.times ? { accessed: reader.u32(), modified: reader.u32() } : undefined;
  if (flags & attributeFlag.extended) {
    for (let pairs = reader.u32(); pairs > 0; pairs--) {
      reader.bytes();
      reader.bytes();
    }
  }
  return { size, owner, permissions, times };
}
