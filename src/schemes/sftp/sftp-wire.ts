import type { SshWire } from "../../drivers/ssh2.ts";
import type { TransportError } from "../../errors/transport-error.ts";
import type { NameEncoding } from "./protocol/name-encoding.ts";
import { SftpSession } from "./protocol/sftp-session.ts";

/** An SSH session and, once a verb needs it, the one SFTP channel on it. */
export class SftpWire {
  readonly ssh: SshWire;
  readonly #encoding: NameEncoding;
  readonly #lost: (reason: TransportError) => void;
  #opening: Promise<SftpSession> | undefined;
  #session: SftpSession | undefined;
  #failed: TransportError | undefined;

  /** `lost` is told when the SFTP channel ends by itself. */
  constructor(ssh: SshWire, encoding: NameEncoding, lost: (reason: TransportError) => void) {
    this.ssh = ssh;
    this.#encoding = encoding;
    this.#lost = lost;
  }

  /** The SFTP session, if a verb has opened one. */
  get openedSession(): SftpSession | undefined {
    return this.#session;
  }

  /** The SFTP session, opened by the first call; a refusal is not remembered. */
  session(): SftpSession | Promise<SftpSession> {
    return this.#session ?? (this.#opening ??= this.#open());
  }

  /** Whatever waits for an answer on the SFTP channel rejects with `reason`. */
  fail(reason: TransportError): void {
    this.#failed ??= reason;
    this.#session?.fail(reason);
  }

  async #open(): Promise<SftpSession> {
    const { ssh } = this;
    try {
      const channel = await ssh.openSubsystem("sftp");
      this.#session = await SftpSession.open(channel, { ident: ssh.ident, encoding: this.#encoding }, (reason) =>
        this.#lost(reason),
      );
      return this.#session;
    } catch (error) {
      // What it was ended for says more than that it ended.
      throw this.#failed ?? error;
    } finally {
      this.#opening = undefined;
    }
  }
}
