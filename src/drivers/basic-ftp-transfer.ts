import type { Socket } from "node:net";

/** A data connection under way. */
export interface FtpTransfer {
  readonly socket: Socket;
  /** Resolves once the server says that all of it was done; rejects with what it says instead. */
  readonly confirmed: Promise<void>;
  /** Ends it before its end. Resolves once the server has said whatever it says to that, so that the wire is in a known state. */
  cut(): Promise<void>;
  /** Bytes that the server says it sends, as most do when they begin: `(12345 bytes)`. */
  readonly announcedBytes: number | undefined;
  /** Whether the whole content was handed over with the command, and is on its way. */
  readonly sent: boolean;
}

/** A command, and the codes that it should be answered with. */
export interface FtpRequest {
  readonly command: string;
  readonly expected: readonly number[];
}

/** How a transfer begins. */
export interface TransferRequest {
  readonly offset: number;
  readonly content?: Uint8Array | undefined;
  readonly along?: (() => Promise<unknown>) | undefined;
}
