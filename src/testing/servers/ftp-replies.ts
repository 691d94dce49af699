import type { ErrorCode } from "../../errors/error-code.ts";
import { isTransportError } from "../../errors/transport-error.ts";

/** A reply, with `\n` between its lines: `250 done`, `211-Features:\n SIZE\n211 End`. */
export type FtpReply = string;

/** A reply in the place of what was asked for. */
export class FtpRefusal extends Error {
  override readonly name = "FtpRefusal";
  readonly reply: FtpReply;

  constructor(reply: FtpReply) {
    super(reply);
    this.reply = reply;
  }
}

/** A reply of several lines; those between the first and the last go as they are. */
export function replyBlock(code: number, first: string, middle: readonly string[], last: string): FtpReply {
  return [`${code}-${first}`, ...middle, `${code} ${last}`].join("\n");
}

/** Text of any number of lines, each with the code. */
export function replyText(code: number, text: string): FtpReply {
  const lines = text.split("\n");
  return lines.map((line, at) => `${code}${at === lines.length - 1 ? " " : "-"}${line}`).join("\n");
}

/** A path as PWD and MKD give it: a quote in it is doubled. */
export function quoted(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}

/** What is said of a command that failed; the reason is only in the words of a server that tells it. */
const failures: Readonly<Record<string, FtpReply>> = {
  CWD: "550 Failed to change the directory.",
  CDUP: "550 Failed to change the directory.",
  RETR: "550 Failed to open the file.",
  STOR: "553 Could not create the file.",
  APPE: "553 Could not create the file.",
  SIZE: "550 Could not get the size.",
  MDTM: "550 Could not get the time.",
  MFMT: "550 Could not set the time.",
  MKD: "550 Could not create the directory.",
  RMD: "550 Could not remove the directory.",
  DELE: "550 Could not delete the file.",
  RNFR: "550 There is nothing to rename.",
  RNTO: "550 Could not rename it.",
  LIST: "450 Could not list it.",
  NLST: "450 Could not list it.",
  STAT: "450 Could not list it.",
  MLSD: "550 Could not list it.",
  MLST: "550 Could not look at it.",
  SITE: "550 Could not change the mode.",
};

/** As strerror(3) has them. */
const reasons: Partial<Record<ErrorCode, string>> = {
  "not-found": "No such file or directory",
  "already-exists": "File exists",
  "not-a-directory": "Not a directory",
  "is-a-directory": "Is a directory",
  "directory-not-empty": "Directory not empty",
  "permission-denied": "Operation not permitted",
  "invalid-path": "Invalid argument",
};

/** The reply to a command that failed. What is no failure of the tree is a fault of the server, or of a test's hook, and says so. */
export function failureReply(
  verb: string,
  argument: string,
  error: unknown,
  { tellsReasons }: { readonly tellsReasons: boolean },
): FtpReply {
  if (error instanceof FtpRefusal) return error.reply;
  if (!isTransportError(error)) return `451 ${String(error).replaceAll(/[\r\n]+/g, " ")}`;
  if (error.code === "no-space") return "452 There is no space left.";
  const terse = failures[verb] ?? "550 That failed.";
  const reason = reasons[error.code];
  return tellsReasons && reason !== undefined ? `${terse.slice(0, 3)} ${argument}: ${reason}` : terse;
}
