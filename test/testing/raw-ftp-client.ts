import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { connect as connectTls } from "node:tls";

import type { FtpServer } from "../../src/testing/servers/ftp-server.ts";

/** What it has to know of a server, of this process or another one. */
export type FtpEndpoint = Pick<FtpServer, "host" | "port" | "user" | "password" | "ca">;

/** A bare FTP client that shares nothing with this library: lines out, replies in. */
export class RawFtpClient<Server extends FtpEndpoint = FtpServer> {
  readonly raw: Socket;
  readonly server: Server;
  #stream: Socket;
  #text = "";
  #ended = false;
  #wake: () => void = () => undefined;
  /** What data connections are made with, once they are encrypted. */
  #dataTls: (() => ConnectionOptions) | undefined;
  readonly #sockets = new Set<Socket>();

  constructor(server: Server, raw: Socket) {
    this.server = server;
    this.raw = raw;
    this.#stream = raw;
    this.#sockets.add(raw);
    this.#listen(raw);
  }

  static async connect<Server extends FtpEndpoint>(
    server: Server,
    options: { localAddress?: string } = {},
  ): Promise<RawFtpClient<Server>> {
    const raw = connect({ host: server.host, port: server.port, noDelay: true, ...options });
    await once(raw, "connect");
    return new RawFtpClient(server, raw);
  }

  /** Whether the server has closed the connection. */
  get ended(): boolean {
    return this.#ended;
  }

  get tls(): TLSSocket {
    return this.#stream as TLSSocket;
  }

  send(text: string | Buffer): void {
    this.#stream.write(text);
  }

  /** The next reply, its lines joined by `\n`; empty when the connection is over. */
  async reply(): Promise<string> {
    for (;;) {
      const lines = this.#text.split("\r\n");
      const [code] = /^\d{3}/.exec(lines[0] ?? "") ?? [];
      const last = lines.findIndex((line, at) => line.startsWith(`${code} `) && at < lines.length - 1);
      if (last !== -1) {
        this.#text = lines.slice(last + 1).join("\r\n");
        return lines.slice(0, last + 1).join("\n");
      }
      if (this.#ended) return "";
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async command(line: string | Buffer): Promise<string> {
    this.send(typeof line === "string" ? `${line}\r\n` : Buffer.concat([line, Buffer.from("\r\n")]));
    return await this.reply();
  }

  /** The replies to several commands, one after another. */
  async commands(...lines: (string | Buffer)[]): Promise<string[]> {
    const replies: string[] = [];
    for (const line of lines) replies.push(await this.command(line));
    return replies;
  }

  /** Hears the greeting and logs in. */
  async login(user: string = this.server.user, password: string = this.server.password): Promise<this> {
    await this.reply();
    await this.command(`USER ${user}`);
    await this.command(`PASS ${password}`);
    return this;
  }

  /** Goes on under TLS. */
  async secure(options: ConnectionOptions = {}): Promise<void> {
    const stream = connectTls({ socket: this.raw, ca: this.server.ca, servername: "localhost", ...options });
    this.raw.removeAllListeners("data");
    this.#stream = stream;
    let session: Buffer | undefined;
    stream.on("session", (ticket: Buffer) => (session = ticket));
    this.#dataTls = () => ({ ca: this.server.ca, servername: "localhost", ...options, ...(session && { session }) });
    this.#listen(stream);
    await once(stream, "secureConnect");
  }

  /** Says that data is encrypted from now on; its sessions are new ones if `resume` is false. */
  async protectData({
    resume = true,
    options = {},
  }: { resume?: boolean; options?: ConnectionOptions } = {}): Promise<void> {
    await this.commands("PBSZ 0", "PROT P");
    if (!resume) this.#dataTls = () => ({ ca: this.server.ca, servername: "localhost", ...options });
  }

  /** A data connection that the server waits for, not yet encrypted. */
  async passive({ localAddress }: { localAddress?: string } = {}): Promise<Socket> {
    const reply = await this.command("EPSV");
    const port = Number(/\|\|\|(\d+)\|/.exec(reply)?.[1]);
    const socket = connect({
      host: this.server.host,
      port,
      allowHalfOpen: true,
      ...(localAddress && { localAddress }),
    });
    this.#sockets.add(socket);
    socket.on("error", () => undefined); // What breaks it is seen by its close.
    await once(socket, "connect");
    return socket;
  }

  /** What a data connection carries for TLS, if it is encrypted. */
  protect(socket: Socket): Socket {
    if (this.#dataTls === undefined) return socket;
    const stream = connectTls({ socket, ...this.#dataTls() });
    stream.on("error", () => undefined);
    return stream;
  }

  /** Runs a command that answers with data: the replies and the data. */
  async download(line: string): Promise<{ data: Buffer; replies: string[] }> {
    const socket = await this.passive();
    const first = await this.command(line);
    if (!first.startsWith("1")) {
      socket.destroy();
      return { data: Buffer.alloc(0), replies: [first] };
    }
    const data = await received(this.protect(socket));
    return { data, replies: [first, await this.reply()] };
  }

  /** Runs a command that takes data: the replies. */
  async upload(line: string, data: string | Buffer): Promise<string[]> {
    const socket = await this.passive();
    const first = await this.command(line);
    if (!first.startsWith("1")) return [first];
    this.protect(socket).end(data);
    return [first, await this.reply()];
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #listen(stream: Socket): void {
    stream.on("data", (chunk: Buffer) => {
      this.#text += chunk.toString("latin1");
      this.#wake();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    stream.on("error", end).on("end", end).on("close", end);
  }
}

/** All that comes until the other side closes, or breaks the connection. */
export async function received(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  const over = socket.readableEnded || socket.closed;
  if (!over) await new Promise<void>((resolve) => socket.once("end", resolve).once("close", () => resolve()));
  socket.end();
  return Buffer.concat(chunks);
}
