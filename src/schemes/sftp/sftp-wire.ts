import type { Duplex } from "node:stream";

import type { TransportError } from "../../errors/transport-error.ts";
import type { NameEncoding } from "./protocol/name-encoding.ts";
import { SftpSession } from "./protocol/sftp-session.ts";

/** What carries SFTP: an SSH session, or the process of a program that has one. */
export interface SftpCarrier {
  /** The server's identification: `SSH-2.0-OpenSSH_9.2p1 Debian-2`. */
  readonly ident: string;
  openSubsystem(name: "sftp"): Promise<Duplex>;
}

/** An SSH session and, once a verb needs it, the one SFTP channel on it. */
export class SftpWire<Carrier extends SftpCarrier = SftpCarrier> {
  readonly ssh: Carrier;
  readonly #encoding: NameEncoding;
  readonly #lost: (reason: TransportError) => void;
  #beginning: Promise<SftpSession> | undefined;
  #session: SftpSession | undefined;
  #failed: TransportError | undefined;

  /** `lost` is told when the SFTP channel ends by itself. */
  constructor(ssh: Carrier, encoding: NameEncoding, lost: (reason: TransportError) => void) {
    this.ssh = ssh;
    this.#encoding = encoding;
    this.#lost = lost;
  }

  /** The SFTP session, if a verb has opened one and the server has started it. */
  get openedSession(): SftpSession | undefined {
    return this.#session?.hasStarted === true ? this.#session : undefined;
  }

  /** The SFTP session, opened by the first call; a refusal is not remembered. */
  async session(): Promise<SftpSession> {
    const session = await this.earlySession();
    if (!session.hasStarted) await this.#told(session.started);
    return session;
  }

  /**
   * The SFTP session as soon as it takes requests that need no extension: of a server that acts in order that is a round trip before it says what it
   * can do.
   */
  earlySession(): SftpSession | Promise<SftpSession> {
    return this.#session ?? (this.#beginning ??= this.#begin());
  }

  /** Whatever waits for an answer on the SFTP channel rejects with `reason`. */
  fail(reason: TransportError): void {
    this.#failed ??= reason;
    this.#session?.fail(reason);
  }

  async #begin(): Promise<SftpSession> {
    const { ssh } = this;
    try {
      const channel = await ssh.openSubsystem("sftp");
      const options = { ident: ssh.ident, encoding: this.#encoding };
      const session = new SftpSession(channel, options, (reason) => this.#lost(reason));
      if (!session.inOrder) await session.started;
      return (this.#session = session);
    } catch (error) {
      // What it was ended for says more than that it ended.
      throw this.#failed ?? error;
    } finally {
      this.#beginning = undefined;
    }
  }

  async #told(started: Promise<void>): Promise<void> {
    try {
      await started;
    } catch (error) {
      throw this.#failed ?? error;
    }
  }
}
