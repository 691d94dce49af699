import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import type { OpenContext } from "../connection/connector.ts";
import { silenceTimeoutMs } from "../connection/defaults.ts";
import type { TransportError } from "../errors/transport-error.ts";
import type { HttpWire } from "./http-wire.ts";
import { HeldSocket } from "./http-wire.ts";
import type { ProxyTarget } from "./proxy-target.ts";
import { connectToProxy } from "./proxy.ts";
import { connectError } from "./socket-errors.ts";
import type { SocketTarget } from "./socket.ts";
import { connectSocket } from "./socket.ts";
import type { TlsTarget } from "./tls-socket.ts";
import { secureSocket } from "./tls-socket.ts";
import { undiciWire } from "./undici.ts";
import { loadUndici } from "./undici-package.ts";

/** Where an HTTP connection leads. */
export interface HttpTarget extends SocketTarget {
  /** How the connection is secured; undefined where it is not. */
  readonly tls: TlsTarget | undefined;
  /** Whether HTTP/2 is offered to the server. Only ever over TLS. */
  readonly http2: boolean;
  /** How long the server may say nothing while an answer is awaited, where nobody else watches. */
  readonly silenceTimeoutMs?: number | undefined;
  /** Told where a proxy that forwards requests refuses whoever asks: the next connection would be used as much in vain. */
  readonly refusedByProxy?: ((refusal: TransportError) => void) | undefined;
}

/**
 * Opens a connection to an HTTP server. No request is sent.
 *
 * Rejects with the abort's reason, `missing-driver`, `connection-failed`, `timeout` or `tls-failed`; then nothing is left open.
 */
export async function openHttp(target: HttpTarget, context: OpenContext): Promise<HttpWire> {
  const { signal } = context;
  // The package takes a moment to load, which the network can use.
  const [loaded, connected] = await Promise.allSettled([loadUndici(), openSocket(target, context)]);
  const socket = connected.status === "fulfilled" ? connected.value : undefined;
  try {
    if (loaded.status === "rejected") throw loaded.reason;
    if (connected.status === "rejected") throw connected.reason;
    signal.throwIfAborted();
    return await wireOver(connected.value, target, context);
  } catch (error) {
    socket?.destroy();
    throw error;
  }
}

async function openSocket(target: HttpTarget, context: OpenContext): Promise<Socket> {
  const { tls, http2 } = target;
  const forwarder = forwarderOf(target);
  if (forwarder !== undefined) return await connectToProxy({ ...target, proxy: forwarder }, context);
  // TLS has its own buffers.
  const way = { ...target, largeReads: tls === undefined };
  const socket = await connectSocket(way, context, (error, at) => connectError(error, at, "an HTTP server"), "we");
  if (tls === undefined) return socket;
  context.enter("handshake");
  const protocols = http2 ? ["h2", "http/1.1"] : ["http/1.1"];
  return await secureSocket(socket, tls, context.signal, { ALPNProtocols: protocols });
}

/** The proxy that is told with each request where it goes: what it does for plain HTTP. Many refuse to CONNECT to port 80. */
function forwarderOf({ proxy, tls }: HttpTarget): ProxyTarget | undefined {
  return tls === undefined && (proxy?.protocol === "http" || proxy?.protocol === "https") ? proxy : undefined;
}

async function wireOver(socket: Socket, target: HttpTarget, context: OpenContext): Promise<HttpWire> {
  const { host, port, tls } = target;
  const held = new HeldSocket(socket);
  const standard = port === (tls === undefined ? 80 : 443);
  const origin = `${tls === undefined ? "http" : "https"}://${urlHost(host)}${standard ? "" : `:${port}`}`;
  if ((socket as Partial<TLSSocket>).alpnProtocol !== "h2") {
    const proxy = forwarderOf(target);
    const forwarded = proxy && { proxy, refused: target.refusedByProxy };
    return await undiciWire(held, origin, context, forwarded);
  }
  context.enter("session");
  const { Http2Wire } = await import("./http2-wire.ts");
  const wire = new Http2Wire(held, origin, context, target.silenceTimeoutMs ?? silenceTimeoutMs);
  await wire.greeted(context.signal);
  return wire;
}

/** A zone id says which way an address is reached from here, which no server is told. */
function urlHost(host: string): string {
  return host.includes(":") ? `[${host.replace(/%.*$/, "")}]` : host;
}
