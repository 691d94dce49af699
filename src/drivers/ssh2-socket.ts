import type { Duplex } from "node:stream";

/** What an SSH session runs over: a TCP socket, or a tunnel through another session. */
export interface SshSocket extends Duplex {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Lets it keep the process alive, as a new one does. */
  ref(): unknown;
  unref(): unknown;
}
