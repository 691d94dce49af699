import type { Socket } from "node:net";

import { decodeName } from "../../schemes/sftp/protocol/name-encoding.ts";
import type { NameEncoding } from "../../schemes/sftp/protocol/name-encoding.ts";
import { CommandLines } from "./ftp-command-lines.ts";
import type { FtpReply } from "./ftp-replies.ts";
import type { FtpTls } from "./ftp-tls.ts";

/** Longer than any path; vsftpd takes 4096. */
const maxLineBytes = 8192;
/** Commands that were sent ahead and not yet read; beyond it nothing is taken from the socket. */
const maxAhead = 64;

/** How long a client that was told goodbye may take to close its side. */
const lingerMs = 2000;

/** A command as it was sent, or undefined where its bytes are no text. */
export type FtpLine = { readonly text: string | undefined };

export interface FtpControlOptions {
  readonly encoding: NameEncoding;
  /** Gets each line when it arrives; true where it was seen to at once, out of turn. */
  readonly urgent: (line: FtpLine) => boolean;
  /** The client has closed its side, or the connection broke. */
  readonly ended: () => void;
}

/** The control connection: lines in, replies out, in the clear or under TLS. */
export class FtpControl {
  readonly #raw: Socket;
  readonly #options: FtpControlOptions;
  #stream: Socket;
  #lines = new CommandLines(maxLineBytes);
  #ahead: FtpLine[] = [];
  #over = false;
  #wake: () => void = () => undefined;

  constructor(raw: Socket, options: FtpControlOptions) {
    this.#raw = raw;
    this.#stream = raw;
    this.#options = options;
    raw.on("close", this.#end);
  }

  /** This side's address. */
  get localAddress(): string {
    return this.#raw.localAddress ?? "";
  }

  get secured(): boolean {
    return this.#stream !== this.#raw;
  }

  /** Begins to take in lines. */
  read(): void {
    this.#stream.on("data", this.#take).on("end", this.#end);
    // What breaks the connection ends it; its close is what counts.
    this.#stream.on("error", () => this.#raw.destroy());
  }

  /** The next line; undefined when there will be none. */
  async next(): Promise<FtpLine | undefined> {
    while (this.#ahead.length === 0 && !this.#over) await new Promise<void>((resolve) => (this.#wake = resolve));
    const line = this.#ahead.shift();
    if (this.#ahead.length < maxAhead) this.#stream.resume();
    return line;
  }

  /** Resolves when the reply is on its way, or cannot be any more. */
  send(reply: FtpReply): Promise<void> {
    const bytes = Buffer.from(`${reply.replaceAll("\n", "\r\n")}\r\n`, this.#options.encoding);
    return new Promise((resolve) => {
      if (this.#stream.writable) this.#stream.write(bytes, () => resolve());
      else resolve();
    });
  }

  /** Sends the last reply in the clear, and goes on under TLS. Whatever was sent ahead in the clear is forgotten. */
  async secure(tls: FtpTls, reply?: FtpReply): Promise<void> {
    this.#raw.off("data", this.#take).off("end", this.#end).pause();
    this.#lines = new CommandLines(maxLineBytes);
    this.#ahead = [];
    if (reply !== undefined) await this.send(reply);
    this.#stream = await tls.secure(this.#raw);
    this.read();
  }

  /** Hears no more, and closes when all was said and the client has seen it. */
  end(): void {
    this.#ahead = [];
    this.#stop();
    // What the client has sent meanwhile is taken and thrown away: closed on unread bytes, the kernel would reset, and the last reply be lost.
    this.#stream.end();
    this.#stream.resume();
    setTimeout(() => this.#raw.destroy(), lingerMs).unref();
  }

  readonly #take = (chunk: Buffer): void => {
    if (this.#over) return;
    try {
      for (const bytes of this.#lines.push(chunk)) {
        const line = { text: decodeName(bytes, this.#options.encoding) };
        if (!this.#options.urgent(line)) this.#ahead.push(line);
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      void this.send("500 The line is too long.");
      this.end();
    }
    if (this.#ahead.length >= maxAhead) this.#stream.pause();
    this.#wake();
  };

  readonly #end = (): void => {
    this.#stop();
    this.#options.ended();
  };

  #stop(): void {
    this.#over = true;
    this.#wake();
  }
}
