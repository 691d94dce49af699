import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import type { Deferred } from "../connection/deferred.ts";
import { deferred } from "../connection/deferred.ts";
import { TransportError } from "../errors/transport-error.ts";
import { controlLostError, unaskedReply } from "./basic-ftp-errors.ts";
import type { BasicFtp } from "./basic-ftp-package.ts";
import type { FtpReply } from "./basic-ftp-reply.ts";
import { ReplyReader } from "./basic-ftp-reply.ts";

/** What a command is answered with: one reply, or a preliminary one (1xx) and another when it is done. */
export interface Exchange {
  /** The first reply, whatever it says. Rejects where the connection is lost. */
  readonly first: Promise<FtpReply>;
  /** The last one. */
  readonly last: Promise<FtpReply>;
}

/** How a command is sent. */
export interface ExchangeOptions {
  /** Gets the lines inside a long reply as they come. */
  readonly takeLine?: ((line: string) => void) | undefined;
  /** Whether others may be sent before it is answered. Default false. */
  readonly mayBeFollowed?: boolean;
}

/** The control connection of a session. Replies come in the order of the commands. */
export interface FtpControl {
  readonly socket: Socket;
  /** Whether a command has been sent that is to be answered before anything else is sent. */
  readonly busy: boolean;
  /** The latest TLS session, which data connections resume. */
  readonly tlsSession: Buffer | undefined;
  /** Keeps a newer ticket that came on a data connection: each serves once (RFC 8446 appendix C.4). */
  keepTlsSession(session: Buffer): void;
  /** Sends a command, bytes one to a character, or nothing to wait for the greeting. */
  exchange(command: string | undefined, options?: ExchangeOptions): Exchange;
  /** What is sent meanwhile travels in one packet. */
  together<T>(send: () => T): T;
  /** From now on no message has these bytes in it. */
  keepSecret(bytes: string): void;
  /** Goes on over a TLS session on the same socket. */
  secure(secured: TLSSocket): void;
  /** Drops the connection; what waits for an answer rejects with the reason. */
  destroy(reason: TransportError): void;
}

/** A command on its way, and who waits for its answer. */
interface Awaited extends ExchangeOptions {
  readonly first: Deferred<FtpReply>;
  readonly last: Deferred<FtpReply>;
  begun: boolean;
}

/** The control connection on a connected socket. `lost` is called once, when it is gone. */
export function startControl(ftp: BasicFtp, socket: Socket, lost: (reason: TransportError) => void): FtpControl {
  /**
   * The package's context owns the socket, the one task that may run, and the end of both. Replies are cut apart here: the package loses the half of a reply
   * that the network has cut in two, forgets those that nobody asked for, and keeps none longer than 64 KiB.
   */
  class Control extends ftp.FTPContext implements FtpControl {
    readonly #replies = new ReplyReader();
    /** In the order in which they were sent. */
    readonly #awaited: Awaited[] = [];
    #reason: TransportError | undefined;

    constructor() {
      super(0, "latin1"); // No time limit of its own; and not every name is UTF-8.
      // One task for as long as the session lives: the package would have each command wait for the one before.
      this.handle(undefined, (response) => this.#take(response as unknown as FtpReply | Error)).catch(passOver);
    }

    override _newSocket(): Socket {
      return socket;
    }

    get busy(): boolean {
      return this.#awaited.some(({ mayBeFollowed }) => mayBeFollowed !== true);
    }

    get tlsSession(): Buffer | undefined {
      return this.tlsSessionStore ?? ("getSession" in this.socket ? this.socket.getSession() : undefined);
    }

    keepTlsSession(session: Buffer): void {
      this.tlsSessionStore = session;
    }

    exchange(command: string | undefined, options: ExchangeOptions = {}): Exchange {
      if (this.busy)
        throw new TransportError("unexpected", "a command was to be sent before the last one was answered");
      const awaited: Awaited = { ...options, first: deferred(), last: deferred(), begun: false };
      const [first, last] = [awaited.first.promise, awaited.last.promise];
      // Whoever asks for one of them may not ask for the other.
      for (const promise of [first, last]) promise.catch(passOver);
      if (this.#reason === undefined) {
        if (command !== undefined) this.send(command);
        this.#awaited.push(awaited);
        this.#replies.takeLine = this.#awaited[0]?.takeLine;
      } else refuse(awaited, this.#reason);
      return { first, last };
    }

    together<T>(send: () => T): T {
      const { socket: corked } = this;
      corked.cork();
      try {
        return send();
      } finally {
        corked.uncork();
      }
    }

    #take(response: FtpReply | Error): void {
      if (response instanceof Error) {
        for (const awaited of this.#awaited.splice(0)) refuse(awaited, this.#reason ?? controlLostError(response));
        return;
      }
      const [awaited] = this.#awaited;
      if (awaited === undefined) throw unaskedReply(response);
      awaited.first.resolve(response);
      // Pure-FTPd ends a transfer that was cut with a second preliminary reply, and nothing after it.
      if (response.code >= 200 || awaited.begun) {
        this.#awaited.shift();
        this.#replies.takeLine = this.#awaited[0]?.takeLine;
        awaited.last.resolve(response);
      }
      awaited.begun = true;
    }

    keepSecret(bytes: string): void {
      if (bytes !== "") this.#replies.secrets.push(bytes);
    }

    secure(secured: TLSSocket): void {
      const { socket: bare } = this;
      this.socket = secured;
      bare.on("error", () => secured.destroy());
    }

    destroy(reason: TransportError): void {
      this.closeWithError(reason);
    }

    override closeWithError(error: Error): void {
      if (this._closingError !== undefined) return;
      this.#reason = controlLostError(error);
      super.closeWithError(this.#reason);
      lost(this.#reason);
    }

    protected override _onControlSocketData(piece: string): void {
      try {
        for (const reply of this.#replies.read(piece)) this.#take(reply);
        // Half a reply before TLS would be taken for the beginning of one within (CVE-2011-0411 and its like).
        if (this.#replies.waiting && this.#awaited.length === 0)
          throw new TransportError("protocol-error", "the server began to speak without being asked");
      } catch (error) {
        this.closeWithError(error as Error);
      }
    }
  }
  const control = new Control();
  // It may have broken before anybody listened.
  if (socket.destroyed) control.destroy(controlLostError(undefined));
  return control;
}

function refuse({ first, last }: Awaited, reason: TransportError): void {
  first.reject(reason);
  last.reject(reason);
}

function passOver(): void {
  // It is told to whoever waits for the other one.
}
