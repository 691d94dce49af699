import { TransportError } from "../errors/transport-error.ts";
import { oneLine } from "../url/printable.ts";

/** One answer of a server (RFC 959 section 4.2). Its text is bytes, one to a character, until `textOf` decodes it. */
export interface FtpReply {
  readonly code: number;
  /** Without code and line ends; the lines between the first and the last are absent where they were taken as they came. */
  readonly lines: readonly string[];
  /** What this side has said in secret, as bytes; no message may have it, whatever the server says back. */
  readonly secrets: readonly string[];
}

/** A line that is longer is no line of FTP. */
const maxLineLength = 64 * 1024;
/** All lines of a reply that is kept. */
const maxReplyLength = 256 * 1024;
/** All lines of a reply that is taken line by line: the listing of a directory of half a million files. */
const maxTakenLength = 64 * 1024 * 1024;

/** What may be the beginning of a reply: nothing, an empty line, or a code or a part of one. */
const mayBeginReply = /^(?:\s*|[1-5][0-9]?|[1-5][0-9][0-9](?:[ \r-].*)?)$/s;

/** Cuts what arrives on a control connection into replies, wherever the network cut it. */
export class ReplyReader {
  /** Gets the lines between the first and the last of the reply that comes next, which then are not kept. */
  takeLine: ((line: string) => void) | undefined;
  readonly secrets: string[] = [];
  #rest = "";
  #open: { readonly code: string; readonly lines: string[]; length: number } | undefined;

  /** Whether part of a reply has come, and the rest has not. */
  get waiting(): boolean {
    return this.#rest !== "" || this.#open !== undefined;
  }

  /** The replies that are complete with this piece. Throws `protocol-error` for what is none, or has no end. */
  *read(piece: string): Generator<FtpReply> {
    let text = this.#rest + piece;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      const line = text.slice(0, text[end - 1] === "\r" ? end - 1 : end);
      this.#rest = text = text.slice(end + 1);
      const reply = this.#readLine(line);
      if (reply !== undefined) yield reply;
    }
    if (text.length > maxLineLength) throw tooLong();
    // Whoever speaks something else may never end a line.
    if (this.#open === undefined && !mayBeginReply.test(text)) throw noReply(text, this.secrets);
    this.#rest = text;
  }

  #readLine(line: string): FtpReply | undefined {
    const open = this.#open;
    if (open === undefined) return this.#readFirstLine(line);
    open.length += line.length + 2; // An empty line takes its place, too.
    const last = line.startsWith(open.code) && (line.length === 3 || line[3] === " ");
    if (!last) return this.#keep(line, open);
    this.#open = undefined;
    return { code: Number(open.code), lines: [...open.lines, line.slice(4)], secrets: this.secrets };
  }

  #readFirstLine(line: string): FtpReply | undefined {
    // Some servers leave an empty line behind a reply.
    if (line.trim() === "") return undefined;
    const code = line.slice(0, 3);
    const mark = line[3] ?? " ";
    if (!/^[1-5][0-9][0-9]$/.test(code) || (mark !== " " && mark !== "-")) throw noReply(line, this.secrets);
    if (mark === " ") return { code: Number(code), lines: [line.slice(4)], secrets: this.secrets };
    this.#open = { code, lines: [line.slice(4)], length: line.length };
    return undefined;
  }

  #keep(line: string, open: { readonly lines: string[]; readonly length: number }): undefined {
    if (open.length > (this.takeLine === undefined ? maxReplyLength : maxTakenLength)) throw tooLong();
    if (this.takeLine === undefined) open.lines.push(line);
    else this.takeLine(line);
  }
}

/** Bytes that came one to a character, as text. */
function textOf(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** What a reply says, in one line that is fit for a message. */
export function replyText({ code, lines, secrets }: FtpReply): string {
  return `${code} ${withoutSecrets(lines.join(" "), secrets)}`;
}

function withoutSecrets(bytes: string, secrets: readonly string[]): string {
  return oneLine(textOf(secrets.reduce((text, secret) => text.replaceAll(secret, "***"), bytes)));
}

function noReply(line: string, secrets: readonly string[]): TransportError {
  const says = withoutSecrets(line, secrets);
  return new TransportError("protocol-error", `what answers does not speak FTP; it says: ${says}`, {
    hint: "Check the port and the scheme",
  });
}

function tooLong(): TransportError {
  return new TransportError("protocol-error", "the server's reply has no end");
}
