import type { SharedConnection } from "../../connection/shared-connection.ts";
import type { TransportError } from "../../errors/transport-error.ts";
import { isTransportError, toTransportError } from "../../errors/transport-error.ts";
import type { SftpSession } from "./protocol/sftp-session.ts";
import { SftpStatus } from "./protocol/status.ts";
import type { SftpWire } from "./sftp-wire.ts";

/** Temporaries that may be left behind on a server. */
export class LeftBehind {
  readonly #connection: SharedConnection<SftpWire>;

  constructor(connection: SharedConnection<SftpWire>) {
    this.#connection = connection;
  }

  /** Removes one now, or, where that fails, on the next wire. Never rejects. */
  async discard(session: SftpSession, path: string): Promise<void> {
    try {
      await session.remove(path);
    } catch (error) {
      this.discardLater(path, toTransportError(error));
    }
  }

  /** On the next wire, unless the server answered, that is: it is not there, or not ours to delete. */
  discardLater(path: string, failure: TransportError): void {
    if (failure.cause instanceof SftpStatus) return;
    this.#connection.onNextWire(async (wire) => {
      const session = await wire.session();
      await session.remove(path).catch((error: unknown) => {
        if (!isTransportError(error, "not-found")) throw error;
      });
    });
  }
}
