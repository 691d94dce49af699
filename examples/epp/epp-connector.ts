import { once } from "node:events";
import type { TLSSocket } from "node:tls";
import { connect } from "node:tls";

import { TransportError, isTransportError } from "samewire";
import type { Connector, OpenContext } from "samewire/extend";
import { toTransportError } from "samewire/extend";

import type { EppLogin } from "./epp-session.ts";
import { EppSession } from "./epp-session.ts";

export interface RegistryAddress extends EppLogin {
  readonly host: string;
  readonly port: number;
  /** PEM of the authority that the registry's certificate is from. Default: Node's own list. */
  readonly ca?: string;
}

/** How sessions with one registry are opened, asked whether they live, and closed: all that the connection layer needs to know of EPP. */
export function eppConnector(address: RegistryAddress): Connector<EppSession> {
  const { host, port, user } = address;
  const label = `epp://${user}@${host}:${port}`;
  return {
    label,
    leasesPerWire: 1,
    async open(context) {
      const socket = await secured(address, label, context);
      const abort = (): void => session.end(context.signal.reason as TransportError);
      let working = false;
      const session = new EppSession(socket, (reason, idle) => {
        if (!working) return;
        // Registries close sessions that nobody uses: that is in good order.
        if (idle && isTransportError(reason, "connection-lost")) context.ended();
        else context.lost(reason);
      });
      context.signal.addEventListener("abort", abort);
      try {
        await session.greeting();
        context.enter("authenticate");
        await session.login(address);
      } catch (error) {
        session.end(toTransportError(error));
        throw error;
      } finally {
        context.signal.removeEventListener("abort", abort);
      }
      working = true;
      return session;
    },
    check: (session) => session.hello(),
    async close(session) {
      await session.command("<logout/>");
      session.socket.end();
      if (!session.socket.closed) await once(session.socket, "close");
    },
    destroy: (session, reason) => session.end(reason),
    hold: ({ socket }, held) => void (held ? socket.ref() : socket.unref()),
    traffic: ({ socket }) => ({ bytesSent: socket.bytesWritten, bytesReceived: socket.bytesRead }),
  };
}

/** A TLS connection whose certificate was verified. */
function secured({ host, port, ca }: RegistryAddress, url: string, context: OpenContext): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    context.enter("connect");
    let connected = false;
    const socket = connect({ host, port, ...(ca === undefined ? {} : { ca }) });
    const fail = (error: unknown): void => {
      context.signal.removeEventListener("abort", abort);
      socket.destroy();
      reject(error instanceof TransportError ? error : failure(error, connected, url));
    };
    const abort = (): void => fail(context.signal.reason);
    context.signal.addEventListener("abort", abort);
    if (context.signal.aborted) abort();
    socket.once("error", fail);
    socket.once("connect", () => {
      connected = true;
      context.enter("handshake");
    });
    socket.once("secureConnect", () => {
      context.signal.removeEventListener("abort", abort);
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

function failure(cause: unknown, connected: boolean, url: string): TransportError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return connected
    ? new TransportError("tls-failed", `the registry is not trusted: ${reason}`, {
        url,
        cause,
        hint: "Pass its authority as ca",
      })
    : new TransportError("connection-failed", `nobody answers: ${reason}`, { url, cause, temporary: true });
}
