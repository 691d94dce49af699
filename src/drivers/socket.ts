import type { Socket } from "node:net";

import type { OpenContext, WireTraffic } from "../connection/connector.ts";
import { connectThroughProxy } from "./proxy.ts";
import type { ProxyTarget } from "./proxy-target.ts";
import type { ExplainConnect, TcpTarget } from "./tcp-socket.ts";
import { connectTcp } from "./tcp-socket.ts";

/** Where to connect to, from where, and which way. */
export interface SocketTarget extends TcpTarget {
  /** Who connects in our place. The local address and the IP family are then those of the connection to it. */
  readonly proxy?: ProxyTarget | undefined;
}

/** Says when it is given up, and is told what is being done. */
export type SocketOpening = Pick<OpenContext, "signal"> & Partial<Pick<OpenContext, "enter">>;

/** What crosses a socket: a live view. */
export function trafficOf(socket: Pick<Socket, "bytesWritten" | "bytesRead">): WireTraffic {
  return {
    get bytesSent() {
      return socket.bytesWritten;
    },
    get bytesReceived() {
      return socket.bytesRead;
    },
  };
}

/**
 * Breaks a connection with a reset, as a network does. One that is being ended already is closed instead: Node's `resetAndDestroy` fails then with EINVAL,
 * never closes it, and lets the process spin when it exits.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
}

/**
 * A connected socket without Nagle's delay, through the proxy where there is one. What it fails with on the direct way is put into words by `explain`;
 * what fails with a proxy says so itself. `begins` is who speaks first on it: where it is we, whatever has come before is refused.
 */
export function connectSocket(
  target: SocketTarget,
  opening: SocketOpening,
  explain: ExplainConnect,
  begins: "we" | "they" = "they",
): Promise<Socket> {
  const { proxy } = target;
  return proxy === undefined
    ? connectTcp(target, opening.signal, explain, (phase) => opening.enter?.(phase))
    : connectThroughProxy({ ...target, proxy, begins }, opening);
}
