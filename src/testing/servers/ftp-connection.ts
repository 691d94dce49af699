import type { Socket } from "node:net";

import { resetSocket } from "../../drivers/socket.ts";
import type { FtpRequest } from "./ftp-commands.ts";
import { executeCommand } from "./ftp-commands.ts";
import type { FtpLine } from "./ftp-control.ts";
import { FtpControl } from "./ftp-control.ts";
import { FtpDataPort } from "./ftp-data-port.ts";
import type { FtpGuest } from "./ftp-limits.ts";
import type { FtpReply } from "./ftp-replies.ts";
import { failureReply, replyText } from "./ftp-replies.ts";
import { FtpSession } from "./ftp-session.ts";
import type { FtpReaction, FtpSite } from "./ftp-site.ts";
import { FtpTls } from "./ftp-tls.ts";

/** One control connection and what belongs to it. */
export class FtpConnection {
  readonly #site: FtpSite;
  readonly #raw: Socket;
  readonly #guest: FtpGuest;
  readonly #control: FtpControl;
  readonly #data: FtpDataPort;
  readonly #session: FtpSession;
  readonly #left: Promise<"silence">;
  /** The command that runs. */
  #running: Promise<void> | undefined;
  /** An ABOR that interrupts it. */
  #aborting: Promise<void> | undefined;

  constructor(site: FtpSite, raw: Socket) {
    const { security } = site;
    const tls = security === undefined ? undefined : new FtpTls(security);
    this.#site = site;
    this.#raw = raw;
    this.#guest = { host: raw.remoteAddress ?? "", loggedIn: false };
    this.#control = new FtpControl(raw, {
      encoding: site.encoding,
      urgent: (line) => this.#interrupts(line),
      // Whoever has left takes nothing more in.
      ended: () => this.#data.abort(),
    });
    this.#data = new FtpDataPort({
      localAddress: this.#control.localAddress,
      remoteAddress: this.#guest.host,
      accepted: () => site.counts.dataConnections++,
    });
    this.#session = new FtpSession(site, { control: this.#control, data: this.#data, tls, guest: this.#guest });
    raw.on("error", () => raw.destroy());
    this.#left = new Promise((resolve) => {
      raw.on("close", () => {
        site.limits.leave(this.#guest);
        this.#data.close();
        resolve("silence");
      });
    });
  }

  /** Serves the client until it has left. Never rejects. */
  async serve(): Promise<void> {
    const { limits, counts, security, welcome } = this.#site;
    const refusal = limits.enter(this.#guest);
    counts[refusal === undefined ? "accepted" : "refused"]++;
    counts.maxOpen = Math.max(counts.maxOpen, limits.guests);
    try {
      if (security?.mode === "implicit") await this.#control.secure(this.#session.tls as FtpTls);
      else this.#control.read();
      await this.#reply(refusal ?? replyText(220, welcome));
      for (let line = await this.#next(); line !== undefined; line = await this.#next()) {
        this.#running = this.#take(line);
        await this.#running;
        this.#running = undefined;
        await this.#aborting;
      }
      this.#control.end();
      await this.#left;
    } catch {
      this.#raw.destroy(); // TLS was not agreed on: there is nobody to say it to.
    }
  }

  /** Resets everything, as a network does. */
  sever(): void {
    this.#data.sever();
    resetSocket(this.#raw);
  }

  close(): void {
    this.#raw.destroy();
  }

  async #next(): Promise<FtpLine | undefined> {
    const { idleTimeoutMs } = this.#site;
    if (idleTimeoutMs === Infinity) return await this.#control.next();
    const timer = setTimeout(() => void this.#reply("421 You were silent for too long."), idleTimeoutMs).unref();
    try {
      return await this.#control.next();
    } finally {
      clearTimeout(timer);
    }
  }

  /** ABOR does not wait for its turn while something runs. */
  #interrupts(line: FtpLine): boolean {
    if (this.#running === undefined || line.text?.toUpperCase() !== "ABOR") return false;
    this.#aborting = this.#abort(this.#running);
    return true;
  }

  async #abort(running: Promise<void>): Promise<void> {
    await this.#perform({ verb: "ABOR", argument: "" }, async () => {
      this.#data.abort();
      await running;
      return "226 The transfer is aborted.";
    });
    this.#aborting = undefined;
  }

  async #take({ text }: FtpLine): Promise<void> {
    if (text === undefined) return await this.#reply("501 That is not UTF-8.");
    const [, word = "", argument = ""] = /^(\S*) ?(.*)$/s.exec(text) ?? [];
    const verb = word.toUpperCase();
    await this.#perform({ verb, argument }, () => executeCommand(this.#session, { verb, argument }));
  }

  async #perform(request: FtpRequest, execute: () => Promise<FtpReply | undefined>): Promise<void> {
    const { verb, argument } = request;
    this.#site.counted(verb);
    try {
      const reaction = await this.#reaction(request);
      if (reaction === "silence") return;
      if (reaction === "drop") return this.sever();
      if (typeof reaction === "object" && !("cutAfterBytes" in reaction)) return await this.#send(reaction.reply);
      this.#session.cut = typeof reaction === "object" ? reaction : undefined;
      const reply = await execute();
      if (reaction === "drop-after") return this.sever();
      if (reply !== undefined) await this.#reply(reply);
    } catch (error) {
      await this.#reply(failureReply(verb, argument, error, this.#site));
    }
  }

  /** What the hook wants; nothing any more where the client has left meanwhile. */
  async #reaction({ verb, argument }: FtpRequest): Promise<FtpReaction> {
    const reaction = this.#site.onCommand?.(verb, argument) ?? "answer";
    return reaction instanceof Promise ? await Promise.race([reaction, this.#left]) : reaction;
  }

  /** Sends a reply of the server's own. */
  async #reply(reply: FtpReply): Promise<void> {
    if (reply === "") return;
    // A size and a time have one line by their grammar (RFC 3659, 3.1 and 4.1).
    const oneLine = !reply.includes("\n") && !reply.startsWith("213");
    // The line in the middle is indented as RFC 959 (4.2) wants one that could be taken for the last.
    const wordy = `${reply.slice(0, 3)}-This is\n ${reply.slice(0, 3)} not the end of it:\n${reply}`;
    await this.#send(oneLine && this.#site.multiline ? wordy : reply);
  }

  async #send(reply: FtpReply): Promise<void> {
    if (reply === "") return;
    await this.#control.send(reply);
    if (this.#session.leaving || /^(?:221|421) /m.test(reply)) this.#control.end();
  }
}
