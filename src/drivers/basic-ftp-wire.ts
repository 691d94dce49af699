import type { Socket } from "node:net";

import type { Clock } from "../connection/clock.ts";
import type { WireTraffic } from "../connection/connector.ts";
import { within } from "../connection/within.ts";
import { TransportError, isTransportError, toTransportError } from "../errors/transport-error.ts";
import type { Exchange, FtpControl } from "./basic-ftp-control.ts";
import type { DataTarget } from "./basic-ftp-data.ts";
import { announcedBytes, connectData } from "./basic-ftp-data.ts";
import {
  closingError,
  forgottenLogin,
  isRefusal,
  lostInTransfer,
  refusalCode,
  refusalError,
  strayReply,
} from "./basic-ftp-errors.ts";
import type { FtpServerFacts } from "./basic-ftp-facts.ts";
import type { PassivePort } from "./basic-ftp-passive.ts";
import { PassivePorts } from "./basic-ftp-passive.ts";
import type { FtpReply } from "./basic-ftp-reply.ts";
import type { FtpRequest, FtpTransfer, TransferRequest } from "./basic-ftp-transfer.ts";

/** Bytes of a command. To a longer one vsftpd and Pure-FTPd say goodbye, from 4 KiB on, and ProFTPD nothing at all, from half of that. */
const maxCommandLength = 2_000;

/** How long a server that cannot be reached for data may take to say why. */
const explanationMs = 2_000;

const changing: ReadonlySet<string> = new Set(["APPE", "DELE", "MFMT", "MKD", "RMD", "RNTO", "SITE", "STOR"]);

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A transfer that begins so soon after the last one is one of many, and another one will follow. */
const runGapMs = 1_000;

/** vsftpd reads no command while data flows: what came meanwhile is answered next. Others look, and refuse EPSV then (ProFTPD: 450), or take anything for ABOR. */
const readsBetweenTransfers = /^\(vsFTPd /;

/** One FTP session: a control connection, and at most one data connection. */
export class FtpWire {
  /** Of the server, as it greeted. */
  readonly greeting: string;
  readonly facts: FtpServerFacts;
  /** What limits on it are measured by. */
  readonly clock: Clock;
  /** Called whenever the server is heard of. */
  heard: () => void = nothing;
  /** Called before a command is sent that changes something. */
  sends: () => void = nothing;
  /** Called when the server has answered a command that changes something: nobody can say any more that nothing has happened. */
  changed: () => void = nothing;
  readonly #control: FtpControl;
  readonly #data: DataTarget;
  readonly #encoding: "utf8" | "latin1";
  readonly #ports: PassivePorts;
  #oneByOne = false;
  #refusedLogin = false;
  #inRun = false;
  #transferredAt = -Infinity;
  #socket: Socket | undefined;
  #connecting: AbortController | undefined;
  #held = true;
  #past: WireTraffic = { bytesSent: 0, bytesReceived: 0 };

  constructor(
    control: FtpControl,
    session: {
      readonly greeting: string;
      readonly facts: FtpServerFacts;
      readonly data: DataTarget;
      readonly encoding: "utf8" | "latin1";
      readonly clock: Clock;
    },
  ) {
    this.#control = control;
    this.#data = session.data;
    this.#encoding = session.encoding;
    this.greeting = session.greeting;
    this.facts = session.facts;
    this.clock = session.clock;
    this.#ports = new PassivePorts(session, control.socket.remoteFamily, async (command, expected, mayBeFollowed) =>
      this.#judged(await control.exchange(command, { mayBeFollowed }).last, expected, command),
    );
  }

  /** Whether it is of no more use. */
  get closed(): boolean {
    return this.#control.socket.destroyed;
  }

  /** Whether several commands may be sent before the first is answered. */
  get takesSeveral(): boolean {
    return this.facts.pipelining === true && !this.#oneByOne;
  }

  /** Whether the server said, when asked, that it knows this. */
  has(feature: string): boolean {
    return this.facts.features?.has(feature) === true;
  }

  /** The server turned out not to know what it said that it knows. */
  lacks(feature: string): void {
    const features = new Map(this.facts.features);
    features.delete(feature);
    this.facts.features = features;
  }

  /**
   * Sends a command and resolves with the reply, which must have one of the codes expected.
   *
   * @throws TransportError what a refusal means (`refusalCode` tells its number); `protocol-error` for any other reply, after which the wire is dropped
   */
  async request(command: string, expected: readonly number[], takeLine?: (line: string) => void): Promise<FtpReply> {
    const { last } = this.#control.exchange(this.#bytesOf(command), {
      takeLine: takeLine && ((line) => takeLine(this.textOf(line))),
    });
    return this.#judged(await last, expected, command);
  }

  /**
   * Sends commands in one packet, and in a run of transfers the question for the next port before them. One that is refused must make those behind it
   * harmless. A server that does not take them together gets the next once the one before is done. Each promise settles as that of `request`; what was not
   * sent rejects with what was refused before it.
   */
  requestAll(requests: readonly FtpRequest[]): readonly Promise<FtpReply>[] {
    const answers = this.takesSeveral ? this.#sendTogether(requests) : this.#sendInTurn(requests);
    for (const answer of answers) answer.catch(nothing); // Whoever asks for one may not ask for all.
    return answers;
  }

  /** From now on nothing is sent on this wire before the last command is answered. */
  sendOneByOne(): void {
    this.#oneByOne = true;
  }

  /** A transfer is next: the port for it is asked for along with what is asked here. */
  beforeTransfer<T>(ask: () => T): T {
    if (!this.takesSeveral) return ask();
    return this.#control.together(() => {
      this.#ports.askAhead();
      return ask();
    });
  }

  /** Fetches data: `RETR path`, `MLSD path`. Resolves once the server begins. `along`: one question more, for which no round trip is made where the server takes several. */
  async download(command: string, offset = 0, along?: () => Promise<unknown>): Promise<FtpTransfer> {
    if (!this.takesSeveral) await along?.();
    return await this.#transfer(command, { offset, along: this.takesSeveral ? along : undefined });
  }

  /**
   * Sends data: `STOR path`, `APPE path`. Resolves once the server begins, the file being there then. The whole content, where it is given, is sent as soon as
   * there is somebody to take it, where the transfer says so (`sent`).
   */
  upload(command: string, content?: Uint8Array): Promise<FtpTransfer> {
    return this.#transfer(command, { offset: 0, content });
  }

  /** Bytes of the server's, one to a character, as text in the session's encoding. */
  textOf(bytes: string): string {
    return this.#encoding === "latin1" ? bytes : Buffer.from(bytes, "latin1").toString("utf8");
  }

  /** As `textOf`, but undefined where the bytes are no text in that encoding. */
  decode(bytes: string): string | undefined {
    if (this.#encoding === "latin1") return bytes;
    try {
      return strictUtf8.decode(Buffer.from(bytes, "latin1"));
    } catch {
      return undefined;
    }
  }

  /**
   * Where something was refused as nobody's who is logged in (530), asks whether somebody is. Rejects with `connection-lost` where the server has forgotten it:
   * it did nothing of what it refused so, and all else that it said since is worth nothing.
   */
  async requireLogin(): Promise<void> {
    if (!this.#refusedLogin || this.closed) return;
    this.#refusedLogin = false;
    const reply = await this.#control.exchange("PWD").last;
    if (reply.code === 421) throw this.#dropped(closingError(reply));
    if (reply.code === 530) throw this.#dropped(forgottenLogin(reply));
  }

  async end(): Promise<void> {
    try {
      await this.#control.exchange("QUIT").last;
    } finally {
      this.#control.destroy(new TransportError("closed", "the connection was closed"));
    }
  }

  /** Drops both connections; what waits for them rejects with the reason. */
  destroy(reason: TransportError): void {
    this.#connecting?.abort(reason);
    this.#socket?.destroy(reason);
    this.#control.destroy(reason);
  }

  hold(held: boolean): void {
    this.#held = held;
    for (const socket of [this.#control.socket, this.#socket]) holdSocket(socket, held);
  }

  traffic(): WireTraffic {
    let { bytesSent, bytesReceived } = this.#past;
    for (const socket of [this.#control.socket, this.#socket]) {
      bytesSent += socket?.bytesWritten ?? 0;
      bytesReceived += socket?.bytesRead ?? 0;
    }
    return { bytesSent, bytesReceived };
  }

  #sendTogether(requests: readonly FtpRequest[]): readonly Promise<FtpReply>[] {
    return this.#control.together(() => {
      if (this.#inRun) this.#ports.askAhead();
      return requests.map(async ({ command, expected }, index) => {
        const mayBeFollowed = index < requests.length - 1;
        const { last } = this.#control.exchange(this.#bytesOf(command), { mayBeFollowed });
        return this.#judged(await last, expected, command);
      });
    });
  }

  #sendInTurn(requests: readonly FtpRequest[]): readonly Promise<FtpReply>[] {
    let before: Promise<unknown> = Promise.resolve();
    return requests.map(({ command, expected }) => {
      const answer = before.then(() => this.request(command, expected));
      before = answer;
      return answer;
    });
  }

  async #transfer(command: string, { offset, content, along }: TransferRequest): Promise<FtpTransfer> {
    // What cannot be sent is refused before there is a data connection that nobody would wait for.
    const bytes = this.#encoded(command);
    const passive = await this.#ports.next(along);
    if (offset > 0) await this.request(`REST ${offset}`, [350]);
    this.#inRun = this.clock.now() - this.#transferredAt < runGapMs;
    const attempt = (this.#connecting = new AbortController());
    // The connection is made while the command travels: a round trip less. Servers wait for it.
    const connecting = this.#connect(passive.port, attempt.signal, content);
    const { first, last } = this.#begin(command);
    try {
      const [reply, socket] = await Promise.all([
        first.then((said) => this.#judged(said, said.code < 300 ? [said.code] : [], command)),
        connecting.catch((error: unknown) => this.#withoutData(toTransportError(error), last, command)),
      ]);
      this.heard();
      let wasCut = false;
      const confirmed = this.#confirmed(last, command, () => wasCut);
      confirmed.catch(nothing); // Told to whoever reads or writes, if anybody does.
      const cut = async (): Promise<void> => {
        wasCut = true;
        socket.destroy();
        await confirmed;
      };
      return { socket, confirmed, cut, announcedBytes: announcedBytes(reply, bytes), sent: socket.writableEnded };
    } catch (error) {
      attempt.abort(toTransportError(error));
      connecting.then((socket) => socket.destroy(), nothing);
      if (this.#mayReach(passive, error)) return await this.#transfer(command, { offset, content });
      if (offset > 0 && isRefusal(error)) await this.#forgetOffset();
      throw error;
    } finally {
      this.#connecting = undefined;
    }
  }

  /** Whether a transfer that failed may succeed by way of another port: the server says that nobody came to the one that it named. */
  #mayReach(passive: PassivePort, error: unknown): boolean {
    const isUnheard = isTransportError(error, "timeout") && !this.facts.reached;
    if (!isUnheard && !isTransportError(error, "connection-failed")) return false;
    return this.#ports.unreachable(passive) && !this.closed && refusalCode(error) === 425;
  }

  /** A transfer that was refused may have left the server with its offset, and the next one would begin there. */
  async #forgetOffset(): Promise<void> {
    await this.request("REST 0", [350]).catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
    });
  }

  /** Sends the command of a transfer, and where the server reads on only when that has ended, the question for the next port right behind it. */
  #begin(command: string): Exchange {
    const bytes = this.#bytesOf(command);
    const asksAhead = this.#inRun && this.takesSeveral && readsBetweenTransfers.test(this.greeting);
    if (!asksAhead) return this.#control.exchange(bytes);
    return this.#control.together(() => {
      const exchange = this.#control.exchange(bytes, { mayBeFollowed: true });
      this.#ports.askAhead();
      return exchange;
    });
  }

  async #connect(port: number, signal: AbortSignal, content: Uint8Array | undefined): Promise<Socket> {
    const reached = (): void => void (this.facts.reached = true);
    const socket = await connectData(this.#control, port, this.#data, signal, reached);
    this.#watch(socket);
    // Under TLS the end waits until tickets were read: see `DataSink`.
    if (content !== undefined && this.#data.tls === undefined) socket.end(content);
    return socket;
  }

  /**
   * Rejects with why there is no data connection. A server that knows says so soon, and its session goes on; one that waits for it goes on
   * doing so, and its wire is of no more use.
   */
  async #withoutData(error: TransportError, last: Promise<FtpReply>, command: string): Promise<never> {
    // The file may be there, and empty.
    const failure = changing.has(verbOf(command)) ? error.with({ effect: "unknown" }) : error;
    // Who is not who the control connection leads to has nothing to explain.
    if (isTransportError(error, "tls-failed")) throw this.#dropped(failure);
    const reply = await within(this.clock, explanationMs, last, undefined);
    if (reply === undefined || reply.code < 400) throw this.#dropped(failure);
    if (reply.code === 421) throw this.#dropped(lostInTransfer(reply));
    throw refusalError(reply).with({ effect: failure.effect });
  }

  async #confirmed(last: Promise<FtpReply>, command: string, wasCut: () => boolean): Promise<void> {
    const reply = await last;
    this.#transferredAt = this.clock.now();
    if (wasCut() && reply.code !== 421) return;
    // What was sent before may have arrived.
    if (reply.code === 421) throw this.#dropped(lostInTransfer(reply));
    this.#judged(reply, [226, 250, 225, 200], command);
  }

  #judged(reply: FtpReply, expected: readonly number[], command: string): FtpReply {
    if (reply.code === 421) throw this.#dropped(closingError(reply));
    this.heard();
    if (reply.code === 530) this.#refusedLogin = true;
    else if (changing.has(verbOf(command))) this.changed();
    if (reply.code < 400) this.#refusedLogin = false;
    if (expected.includes(reply.code)) return reply;
    if (reply.code >= 400) throw refusalError(reply, verbOf(command));
    throw this.#dropped(strayReply(reply, verbOf(command)));
  }

  #dropped(reason: TransportError): TransportError {
    this.#control.destroy(reason);
    return reason;
  }

  #watch(socket: Socket): void {
    this.#socket = socket;
    holdSocket(socket, this.#held);
    socket.once("close", () => {
      this.#past = {
        bytesSent: this.#past.bytesSent + socket.bytesWritten,
        bytesReceived: this.#past.bytesReceived + socket.bytesRead,
      };
      if (this.#socket === socket) this.#socket = undefined;
    });
  }

  /** A command as it goes out, at once. */
  #bytesOf(command: string): string {
    const bytes = this.#encoded(command);
    if (changing.has(verbOf(command))) this.sends();
    return bytes;
  }

  /** The bytes of a command, one to a character. The last barrier against a line break that makes two of one. */
  #encoded(command: string): string {
    if (/[\r\n\0]/.test(command))
      throw new TransportError("invalid-path", "a line break or NUL cannot be sent to an FTP server");
    if (this.#encoding === "latin1" && /[^\0-\xff]/.test(command))
      throw new TransportError("invalid-path", "a character in it is not in Latin-1, as names on this server are");
    const bytes = this.#encoding === "latin1" ? command : Buffer.from(command, "utf8").toString("latin1");
    if (bytes.length > maxCommandLength)
      throw new TransportError("invalid-path", "a path this long cannot be sent to an FTP server");
    return bytes;
  }
}

function holdSocket(socket: Socket | undefined, held: boolean): void {
  // One that is gone would remember it for when it connects.
  if (socket === undefined || socket.destroyed) return;
  if (held) socket.ref();
  else socket.unref();
}

/** The name of a command, for messages: what follows it may be anything. */
function verbOf(command: string): string {
  return command.split(" ", 1)[0] ?? "";
}

function nothing(): void {
  // Nobody is interested.
}
