import type { Socket } from "node:net";

import { whenAborted } from "../connection/abort.ts";
import { TransportError } from "../errors/transport-error.ts";
import { tlsError } from "./tls-socket.ts";

/** Takes the next bytes, and answers with what came of all of them, together with those that are somebody else's; undefined while more must come. */
export type TakeBytes<T> = (bytes: Buffer) => { readonly result: T; readonly rest: Buffer } | undefined;

/**
 * Listens to a proxy until it has answered. Then the socket is as one that nobody has listened to yet, with `rest` as the first bytes to be read. A socket
 * that fails or ends first is a failure; so is what `take` throws.
 */
export function listenUntilAnswered<T>(socket: Socket, signal: AbortSignal, take: TakeBytes<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      stopListening();
      socket.off("readable", read).off("end", ended).off("close", ended).off("error", broken);
    };
    const fail = (error: unknown): void => {
      stop();
      reject(error as Error);
    };
    const ended = (): void => fail(hungUp());
    const broken = (error: NodeJS.ErrnoException): void =>
      fail(error.code?.startsWith("ERR_SSL_") === true ? tlsError(error) : hungUp(error));
    const read = (): void => {
      try {
        // Whoever reads piece by piece leaves the socket as it was; one that was made to flow would have to be paused, and stay so.
        for (let bytes = socket.read() as Buffer | null; bytes !== null; bytes = socket.read() as Buffer | null) {
          const answer = take(bytes);
          if (answer === undefined) continue;
          stop();
          if (answer.rest.length > 0) socket.unshift(answer.rest);
          return resolve(answer.result);
        }
      } catch (error) {
        fail(error);
      }
    };
    const stopListening = whenAborted(signal, () => fail(signal.reason));
    if (signal.aborted) return fail(signal.reason);
    if (socket.destroyed) return fail(hungUp());
    socket.on("readable", read).on("end", ended).on("close", ended).on("error", broken);
  });
}

function hungUp(cause?: Error): TransportError {
  return new TransportError("connection-failed", "it hung up before it had answered", { temporary: true, cause });
}
