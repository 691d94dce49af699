import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

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

/** The control connection of a session. One command at a time. */
export interface FtpControl {
  readonly socket: Socket;
  /** Whether a command has been sent and not been answered. */
  readonly busy: boolean;
  /** The latest TLS session, which data connections resume. */
  readonly tlsSession: Buffer | undefined;
  /** Keeps a newer ticket that came on a data connection: each serves once (RFC 8446 appendix C.4). */
  keepTlsSession(session: Buffer): void;
  /** Sends a command, bytes one to a character, or nothing to wait for the greeting. The lines inside a long reply may be taken as they come. */
  exchange(command: string | undefined, takeLine?: (line: string) => void): Exchange;
  /** From now on no message has these bytes in it. */
  keepSecret(bytes: string): void;
  /** Goes on over a TLS session on the same socket. */
  secure(secured: TLSSocket): void;
  /** Drops the connection; what waits for an answer rejects with the reason. */
  destroy(reason: TransportError): void;
}

/** The control connection on a connected socket. `lost` is called once, when it is gone. */
export function startControl(ftp: BasicFtp, socket: Socket, lost: (reason: TransportError) => void): FtpControl {
  /**
   * The package's context owns the socket, the one task that may run, and the end of both. Replies are cut apart here: the package loses the half of a reply
   * that the network has cut in two, forgets those that nobody asked for, and keeps none longer than 64 KiB.
   */
  class Control extends ftp.FTPContext implements FtpControl {
    readonly #replies = new ReplyReader();
    #reason: TransportError | undefined;

    constructor() {
      super(0, "latin1"); // No time limit of its own; and not every name is UTF-8.
    }

    override _newSocket(): Socket {
      return socket;
    }

    get busy(): boolean {
      return this._task !== undefined;
    }

    get tlsSession(): Buffer | undefined {
      return this.tlsSessionStore ?? ("getSession" in this.socket ? this.socket.getSession() : undefined);
    }

    keepTlsSession(session: Buffer): void {
      this.tlsSessionStore = session;
    }

    exchange(command: string | undefined, takeLine?: (line: string) => void): Exchange {
      if (this.busy)
        throw new TransportError("unexpected", "a command was to be sent before the last one was answered");
      const first = deferred<FtpReply>();
      let begun = false;
      this.#replies.takeLine = takeLine;
      const last = this.handle(command, (response, task) => {
        if (response instanceof Error) {
          const reason = this.#reason ?? controlLostError(response);
          first.reject(reason);
          return task.reject(reason);
        }
        const reply = response as unknown as FtpReply;
        first.resolve(reply);
        // Pure-FTPd ends a transfer that was cut with a second preliminary reply, and nothing after it.
        if (reply.code >= 200 || begun) task.resolve(reply);
        begun = true;
      }) as Promise<FtpReply>;
      // Whoever asks for one of them may not ask for the other.
      for (const promise of [first.promise, last]) promise.catch(passOver);
      return { first: first.promise, last };
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
        for (const reply of this.#replies.read(piece)) {
          if (!this.busy) throw unaskedReply(reply);
          this._passToHandler({ ...reply, message: "" } as FtpReply & { readonly message: string });
        }
        // Half a reply before TLS would be taken for the beginning of one within (CVE-2011-0411 and its like).
        if (this.#replies.waiting && !this.busy)
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

function passOver(): void {
  // It is told to whoever waits for the other one.
}
