import type { FtpTransfer, FtpWire } from "../../drivers/basic-ftp.ts";
import { isRefusal } from "../../drivers/basic-ftp.ts";
import { isTransportError } from "../../errors/transport-error.ts";
import { sizeOf } from "./ftp-look.ts";
import { explained, whyNotOpened } from "./second-look.ts";

/** A file that is on its way. */
export interface OpenedFile {
  readonly transfer: FtpTransfer;
  /** Bytes that have to come, where it is read to its end and the server says how long it is. */
  readonly due: number | undefined;
}

/**
 * Has a file sent. Its length is asked along with the port, and not where somebody says it: whoever cuts the data connection may leave it in the
 * belief that it sent all. Undefined where the server refuses to begin behind the end, as some do.
 */
export async function openForReading(
  wire: FtpWire,
  path: string,
  { offset, length }: { readonly offset: number; readonly length: number | undefined },
  expectedBytes?: number,
): Promise<OpenedFile | undefined> {
  // With an offset what a server announces is the whole file's length to some, and the rest's to others.
  const isSaid = offset === 0 && (wire.facts.announces || expectedBytes !== undefined);
  const isAsked = length === undefined && wire.has("SIZE") && !isSaid;
  let size: number | undefined;
  const askSize = async (): Promise<void> => void (size = await sizeOf(wire, path));
  try {
    const opening = wire.download(`RETR ${path}`, offset, isAsked ? askSize : undefined);
    const transfer = await explained(opening, whyNotOpened(wire, path, "read"));
    const { announcedBytes } = transfer;
    if (announcedBytes !== undefined) wire.facts.announces = true;
    if (offset === 0 && length === undefined) size = announcedBytes ?? size;
    return { transfer, due: size === undefined ? undefined : size - offset };
  } catch (error) {
    if (offset === 0 || !isRefusal(error) || isTransportError(error, "not-found", "is-a-directory")) throw error;
    if (((await sizeOf(wire, path)) ?? 0) > offset) throw error;
    return undefined;
  }
}
