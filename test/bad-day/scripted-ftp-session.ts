import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import type { TLSSocket } from "node:tls";

import type { FtpTls } from "../../src/testing/servers/ftp-tls.ts";
import type { ScriptedFtpServer } from "./scripted-ftp-server.ts";

/** What is followed by another command before it is answered, on purpose: nothing that moves data, and nothing whose failure would make the next one harmful. */
const mayBeFollowed = /^(?:PBSZ|PROT|FEAT|OPTS|EPSV|SITE|MFMT|MDTM|RNFR)\b/;

/** One control connection of a scripted server, and what scripts can do with it. */
export class ScriptedFtpSession {
  readonly server: ScriptedFtpServer;
  /** Resolves once the control connection is gone. */
  readonly closed: Promise<void>;
  /** Whether data connections are secured: set by PROT. */
  protectsData = false;
  /** What RNFR named. */
  renamed = "";
  readonly #tls: FtpTls | undefined;
  readonly #raw: Socket;
  #control: Socket;
  #rest = "";
  readonly #lines: string[] = [];
  #wake: (() => void) | undefined;
  /** The command that is being answered. */
  #answering: string | undefined;
  #listener: Server | undefined;
  #arrival: Promise<Socket> | undefined;
  readonly #data = new Set<Socket>();
  readonly #securedData = new WeakMap<Socket, Socket>();

  constructor(server: ScriptedFtpServer, raw: Socket, tls: FtpTls | undefined) {
    this.server = server;
    this.#tls = tls;
    this.#raw = raw;
    this.#control = raw;
    raw.on("error", () => raw.destroy());
    this.closed = new Promise((resolve) => {
      raw.once("close", () => {
        this.#listener?.close();
        this.#wake?.();
        resolve();
      });
    });
    this.#read(raw);
  }

  get open(): boolean {
    return !this.#raw.destroyed;
  }

  /** Bytes that came on the control connection. */
  get bytesReceived(): number {
    return this.#raw.bytesRead;
  }

  /** Data connections open now. */
  get dataOpen(): number {
    return this.#data.size;
  }

  /** Answers what comes, one command after another, until the client is gone. */
  async serve(implicit: boolean): Promise<void> {
    if (implicit) await this.secure();
    await this.#perform("greeting", "");
    while (this.open) {
      const line = this.#lines.shift();
      if (line === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      const [, verb = "", argument = ""] = /^(\S*) ?(.*)$/s.exec(line) ?? [];
      await this.#perform(verb, Buffer.from(argument, "latin1").toString("utf8"));
    }
  }

  /** Sends bytes as they are; resolves once they are on their way, or nobody is there to take them. */
  async write(bytes: string | Uint8Array): Promise<void> {
    if (!this.open || this.#control.writableEnded) return;
    const written = new Promise<void>((resolve) => this.#control.write(bytes, "latin1", () => resolve()));
    await Promise.race([written, this.closed]);
  }

  /** Sends a reply, `\n` between its lines. */
  async reply(text: string): Promise<void> {
    await this.write(Buffer.from(`${text.replaceAll("\n", "\r\n")}\r\n`));
  }

  /** From now on everything is under TLS. A handshake that fails closes the connection. */
  async secure(): Promise<void> {
    this.#raw.removeAllListeners("data").removeAllListeners("end");
    try {
      const secured = await this.#secured(this.#raw);
      this.#control = secured;
      this.#read(secured);
    } catch {
      this.#raw.destroy(); // The client does not want to, which the test is about.
    }
  }

  reset(): void {
    for (const socket of this.#data) {
      // One that was ended cannot be reset any more.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
    this.#raw.resetAndDestroy();
  }

  end(): void {
    this.#control.end();
  }

  destroy(): void {
    for (const socket of this.#data) socket.destroy();
    this.#raw.destroy();
  }

  /** Sees the client's end of data connections, which scripts may have left open. */
  drain(): void {
    for (const raw of this.#data) {
      const socket = this.#securedData.get(raw) ?? raw;
      if (socket.readableEnded) socket.end();
      else socket.resume().on("end", () => socket.end());
    }
  }

  /** Listens for a data connection; resolves with the port. */
  async passive(): Promise<number> {
    this.#listener?.close();
    const listener = createServer({ allowHalfOpen: true, noDelay: true });
    this.#listener = listener.listen(0, this.#raw.localAddress);
    this.#arrival = new Promise((resolve) => {
      listener.once("connection", (socket) => {
        listener.close();
        this.server.dataAccepted++;
        this.#data.add(socket);
        socket.on("error", () => socket.destroy()).on("close", () => this.#data.delete(socket));
        resolve(socket);
      });
    });
    await once(listener, "listening");
    return (listener.address() as AddressInfo).port;
  }

  /** The data connection, as TCP made it. Rejects where nobody comes before the control connection is gone. */
  async bareData(): Promise<Socket> {
    if (this.#arrival === undefined) throw new Error("no port was asked for");
    const gone = this.closed.then(() => {
      throw new Error("the client left");
    });
    return await Promise.race([this.#arrival, gone]);
  }

  /** The data connection, under TLS where PROT said so. */
  async data(): Promise<Socket> {
    const raw = await this.bareData();
    if (!this.protectsData) return raw;
    const secured = await this.#secured(raw);
    if (secured.isSessionReused()) this.server.dataResumed++;
    return secured;
  }

  /** A whole download: the first reply, the data, the last reply. */
  async send(content: string | Uint8Array): Promise<void> {
    await this.reply("150 Here it comes.");
    const data = await this.data();
    data.resume().end(content);
    await once(data, "close");
    await this.reply("226 That was it.");
  }

  /** A whole upload, of which `take` gets each piece. */
  async receive(take: (chunk: Buffer) => void): Promise<void> {
    await this.reply("150 Send it.");
    const data = await this.data();
    data.on("data", take);
    const ended = await Promise.race([
      once(data, "end").then(() => true),
      once(data, "close").then(() => false),
      this.closed.then(() => false),
    ]);
    data.end();
    await this.reply(ended ? "226 I have it." : "426 You went away.");
  }

  async #secured(raw: Socket): Promise<TLSSocket> {
    if (this.#tls === undefined) throw new Error("this server has no certificate");
    const secured = await this.#tls.secure(raw);
    this.#securedData.set(raw, secured);
    return secured.on("error", () => secured.destroy());
  }

  #read(socket: Socket): void {
    socket.on("end", () => socket.end());
    socket.on("data", (chunk: Buffer) => {
      const lines = (this.#rest + chunk.toString("latin1")).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines.map((text) => text.replace(/\r$/, ""))) {
        this.server.received.push(line);
        // Whoever gives a connection up may say goodbye at any time; and a TLS handshake is no command.
        const before = this.#lines.at(-1) ?? this.#answering;
        if (before !== undefined && /^(?!QUIT)[A-Z]{3,4}\b/.test(line) && !mayBeFollowed.test(before))
          this.server.overlaps++;
        this.#lines.push(line);
      }
      this.#wake?.();
    });
  }

  async #perform(verb: string, argument: string): Promise<void> {
    const script = this.server.scriptFor(verb);
    this.#answering = verb;
    try {
      if (typeof script === "string") await this.reply(script);
      else await script(this, argument);
    } catch (error) {
      // Whoever leaves in the middle leaves a script without a connection.
      if (this.open) await this.reply(`451 ${String(error)}`);
    }
    this.#answering = undefined;
  }
}
