import type { FtpTransfer, FtpWire } from "../../drivers/basic-ftp.ts";
import { dataLostError, isRefusal } from "../../drivers/basic-ftp.ts";
import { toTransportError } from "../../errors/transport-error.ts";

/** Resolves once the data has ended; rejects where it broke, or the server says that it failed. */
export function drained({ socket, confirmed }: FtpTransfer, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    confirmed.catch(reject);
    socket.on("data", take);
    socket.once("end", resolve);
    socket.once("error", (cause) => reject(dataLostError(cause)));
    socket.once("close", () => reject(dataLostError()));
    // What is empty may have ended, and what broke may have closed, before anybody listened.
    if (socket.readableEnded) resolve();
    else if (socket.destroyed) queueMicrotask(() => reject(dataLostError(socket.errored)));
  });
}

/** Ends a transfer that failed. Unless the server has said so, nobody knows what it says next, and the wire is dropped. */
export function giveUp(wire: FtpWire, { socket }: FtpTransfer, error: unknown): unknown {
  socket.destroy();
  if (!isRefusal(error)) wire.destroy(toTransportError(error));
  return error;
}
