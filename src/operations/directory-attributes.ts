import { isTransportError } from "../errors/transport-error.ts";
import type { Transport } from "../transport/transport.ts";
import type { Attributes, VerbOptions } from "../transport/verb-options.ts";

/** Sets the mode and time of a directory; servers that set those of files only (FTP) leave it with the time of its last change. */
export async function setDirectoryAttributes(
  target: Transport,
  path: string,
  { mode, mtime }: Attributes,
  options: VerbOptions,
): Promise<void> {
  if (mode !== undefined) await target.setAttributes(path, { mode }, options);
  if (mtime === undefined) return;
  try {
    await target.setAttributes(path, { mtime }, options);
  } catch (error) {
    if (!isTransportError(error, "unsupported")) throw error;
  }
}
