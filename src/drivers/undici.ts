import type { HeldSocket, WireContext } from "./http-wire.ts";
import { loadUndici } from "./undici-package.ts";
import type { HttpForwarding } from "./undici-forwarded-wire.ts";
import { ForwardedWire } from "./undici-forwarded-wire.ts";
import { UndiciWire } from "./undici-wire.ts";

/** Longer than any idle limit: when an unused connection is closed is not undici's business. */
const neverMs = 2 ** 31 - 1;

/**
 * HTTP/1.1 over a connected socket. `origin` is what its server is called: `https://example.com:8443`. With `forwarding` the socket leads to a proxy.
 *
 * HTTP/2 is not undici's here: its client throws where nobody can catch it when a session with streams is cut (7.30), which ends the process.
 */
export async function undiciWire(
  socket: HeldSocket,
  origin: string,
  context: WireContext,
  forwarding?: HttpForwarding,
): Promise<UndiciWire> {
  const { Client } = await loadUndici();
  let given = false;
  const client = new Client(origin, {
    pipelining: 1,
    // All limits of time are the pool's.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: neverMs,
    keepAliveMaxTimeout: neverMs,
    // A wire is one connection: it ends with its socket.
    connect: (_options, callback) => {
      const again = given;
      given = true;
      // Later, as a network does: undici does not expect an answer before it has asked.
      queueMicrotask(() => {
        if (again) callback(new Error("the connection is closed"), null);
        else callback(null, socket.socket);
      });
    },
  });
  if (forwarding !== undefined) return new ForwardedWire(client, socket, context, origin, forwarding);
  return new UndiciWire(client, socket, context);
}
