import { TransportError } from "../errors/transport-error.ts";
import type { Transport } from "../transport/transport.ts";
import type { Verification } from "./tree-options.ts";

/** What was written. */
export interface Written {
  readonly sizeBytes: number;
  /** SHA-256 of it in hex, where it was computed on the way; else the source is asked. */
  readonly sha256?: string | undefined;
}

/** Rejects with `protocol-error` where a copy is not what was written: by its length, or by its content, of which the target computes a digest, or has it read back. */
export async function verifyCopy(
  source: Transport,
  target: Transport,
  path: string,
  { sizeBytes, sha256 }: Written,
  how: Verification,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (how === "none") return;
  const failure = (reason: string): TransportError =>
    new TransportError("protocol-error", `the copy is not what was written: ${reason}`, {
      operation: "verify",
      url: target.abspath(path),
      path,
      effect: "done",
      hint: "Copy it again; if that does not help, look at the target's disk",
    });
  if (how === "size") {
    const found = (await target.stat(path, { signal })).sizeBytes;
    if (found !== sizeBytes) throw failure(`it has ${found} bytes, not ${sizeBytes}`);
    return;
  }
  const [written, found] = await Promise.all([
    sha256 ?? source.digest(path, { algorithm: "sha256", signal }),
    target.digest(path, { algorithm: "sha256", signal }),
  ]);
  if (found !== written) throw failure(`its SHA-256 is ${found}, not ${written}`);
}
