import { TransportError } from "../../errors/transport-error.ts";
import type { SftpHandle, SftpSession } from "./protocol/sftp-session.ts";
import type { AnswerLease } from "./stream-lease.ts";

/** A file or directory that is open on the server, and the lease of the wire that it is open on. */
export class OpenFile {
  readonly session: SftpSession;
  readonly handle: SftpHandle;
  readonly lease: AnswerLease;
  #closing: Promise<void> | undefined;

  constructor(session: SftpSession, handle: SftpHandle, lease: AnswerLease) {
    this.session = session;
    this.handle = handle;
    this.lease = lease;
  }

  /** Closes it; what was written is then there or the promise rejects. Once. */
  close(): Promise<void> {
    return (this.#closing ??= this.lease.awaiting(this.session.close(this.handle)));
  }

  /** Closes it where nothing depends on the answer, and gives the lease back. */
  release(): void {
    this.close().catch(passOver);
    this.lease.release();
  }
}

/** For requests whose failure changes nothing: that of a wire which died is told by whatever depends on it. */
export function passOver(error: unknown): void {
  if (!(error instanceof TransportError)) throw error;
}
