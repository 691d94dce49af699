import { maxDroppedBytes } from "./defaults.ts";
import type { GatewayRequest } from "./gateway-request.ts";
import { hasBody } from "./gateway-request.ts";

/**
 * Sees to what an answer leaves unread of the request's body, before its head is sent. It is read and dropped: many a client reads no answer before it has sent all, and
 * to close the connection on it would reset the answer away. Whoever goes on for longer is cut. Of a client that waits to be asked for the body nobody knows
 * whether it sends one now.
 */
export function dropRest({ message, response, bodyAwaited }: GatewayRequest): void {
  if (!hasBody(message) || message.readableEnded || message.destroyed) return;
  if (bodyAwaited) {
    response.setHeader("connection", "close");
    return;
  }
  let left = maxDroppedBytes;
  message.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) message.socket.destroy();
  });
  message.resume();
}
