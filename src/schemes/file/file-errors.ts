import type { ErrorCode } from "../../errors/error-code.ts";
import { TransportError } from "../../errors/transport-error.ts";

/** What the system's error numbers mean here; see errno(3). */
const codes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: "not-found",
  EEXIST: "already-exists",
  ENOTDIR: "not-a-directory",
  EISDIR: "is-a-directory",
  ENOTEMPTY: "directory-not-empty",
  EACCES: "permission-denied",
  EPERM: "permission-denied",
  ETXTBSY: "permission-denied",
  EBUSY: "permission-denied",
  EROFS: "read-only",
  ENOSPC: "no-space",
  EDQUOT: "no-space",
  EFBIG: "no-space",
  ENAMETOOLONG: "invalid-path",
  EILSEQ: "invalid-path",
  EINVAL: "invalid-path",
  ELOOP: "invalid-path",
  EXDEV: "unsupported",
  ENOTSUP: "unsupported",
  EOPNOTSUPP: "unsupported",
  ENOSYS: "unsupported",
  EMLINK: "unsupported",
  ENXIO: "unsupported",
  ESPIPE: "unsupported",
  ENODEV: "unsupported",
};

/** Failures that pass: the process has too many files open, or the disk's server was slow. */
const temporary: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "EAGAIN", "EBUSY", "ETIMEDOUT", "ESTALE"]);

const hints: Readonly<Record<string, string>> = {
  EMFILE: "Raise the limit of open files (ulimit -n), or close streams that are not read",
  ELOOP: "There is a loop of links",
  EXDEV: "Source and target are on different disks: copy, then delete",
};

/** A failure of `node:fs` as the error that users see; anything else stays what it is. */
export function translateFileError(error: unknown): unknown {
  if (error instanceof TransportError || !(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  return new TransportError(codes[code] ?? "unexpected", reasonOf(error, code), {
    temporary: temporary.has(code),
    hint: hints[code],
    cause: error,
  });
}

/** Runs work on the local file system; its failures are translated. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translateFileError(error);
  }
}

/** Node writes `ENOENT: no such file or directory, open '/path'`; the path is added by the verb, as it adds it everywhere. */
function reasonOf({ message }: Error, code: string): string {
  const [reason = message] = message.replace(`${code}: `, "").split(",");
  return reason;
}
