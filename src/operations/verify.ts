import { TransportError, toTransportError } from "../errors/transport-error.ts";
import type { Transport } from "../transport/transport.ts";
import type { Verification } from "./tree-options.ts";

/** What was written. */
export interface Written {
  readonly sizeBytes: number;
  /** Whether the server copied it, so that the length is that of the listing, and the file may have another one by now. */
  readonly byServer?: boolean | undefined;
  /** SHA-256 of it in hex, where it was computed on the way; else the source is asked. */
  readonly sha256?: string | undefined;
}

/**
 * Rejects with `protocol-error` where a copy is not what was written: by its length, or by its content, of which the target computes a digest, or has it read back. Such a
 * copy is deleted: the next sync would take it for a good one, by its length and its time.
 */
export async function verifyCopy(
  source: Transport,
  target: Transport,
  path: string,
  { sizeBytes, byServer, sha256 }: Written,
  how: Verification,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (how === "none") return;
  const refuse = async (reason: string): Promise<never> => {
    const kept = await target.delete(path, { signal }).then(() => undefined, toTransportError);
    throw new TransportError("protocol-error", `the copy was not what was written: ${reason}`, {
      operation: "verify",
      url: target.abspath(path),
      path,
      effect: "done",
      hint:
        kept === undefined
          ? "It was deleted. Copy it again; if that does not help, look at the target's disk"
          : "It could not be deleted, and the next sync may take it for a good one: delete it",
      cause: kept,
    });
  };
  if (how === "size") {
    const found = (await target.stat(path, { signal })).sizeBytes;
    const wanted =
      found !== sizeBytes && byServer === true
        ? (await source.stat(path, { followLinks: true, signal })).sizeBytes
        : sizeBytes;
    if (found !== wanted) await refuse(`it has ${found} bytes, not ${wanted}`);
    return;
  }
  const [written, found] = await Promise.all([
    sha256 ?? source.digest(path, { algorithm: "sha256", signal }),
    target.digest(path, { algorithm: "sha256", signal }),
  ]);
  if (found !== written) await refuse(`its SHA-256 is ${found}, not ${written}`);
}
