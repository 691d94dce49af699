import type { Socket } from "node:net";

import { TransportError } from "../errors/transport-error.ts";
import { connectByRequest } from "./proxy-connect.ts";
import { ofProxy, proxyUnreachable } from "./proxy-errors.ts";
import type { ProxyTarget } from "./proxy-target.ts";
import type { SocketOpening } from "./socket.ts";
import { connectBySocks } from "./socks.ts";
import type { TcpTarget } from "./tcp-socket.ts";
import { connectTcp } from "./tcp-socket.ts";
import { secureSocket } from "./tls-socket.ts";

/** Where a proxy is to connect to. */
export interface ProxiedTarget extends TcpTarget {
  readonly proxy: ProxyTarget;
  /** Who speaks first to whom once the way is open: what has come before we did is then nobody's that we may trust. */
  readonly begins: "we" | "they";
}

/**
 * A socket that a proxy has connected with a target. Whatever fails, nothing is left open.
 *
 * @throws TransportError `connection-failed`, `timeout`, `authentication-failed`, `tls-failed`, `protocol-error`, `missing-driver`, which name the proxy; or the
 *   signal's reason
 */
export async function connectThroughProxy(target: ProxiedTarget, opening: SocketOpening): Promise<Socket> {
  const { proxy } = target;
  const { signal } = opening;
  const socket = await connectToProxy(target, opening);
  try {
    if (proxy.protocol === "http" || proxy.protocol === "https") await connectByRequest(socket, target, signal);
    else await connectBySocks(socket, target, signal);
    // Nobody would tell whoever gets it now that it has broken meanwhile.
    if (socket.destroyed)
      throw new TransportError("connection-failed", "it closed the connection", { temporary: true });
    return socket;
  } catch (error) {
    socket.destroy();
    throw signal.aborted ? signal.reason : ofProxy(error, proxy);
  }
}

/** A connection to a proxy that forwards requests, and is told with each where it is to go. */
export async function connectToProxy(
  { proxy, localAddress, family, lookup }: Omit<ProxiedTarget, "begins">,
  opening: SocketOpening,
): Promise<Socket> {
  const { host, port, ca, label } = proxy;
  const { signal } = opening;
  const explain = (error: NodeJS.ErrnoException): TransportError => proxyUnreachable(error, proxy);
  const socket = await connectTcp({ host, port, localAddress, family, lookup }, signal, explain, () =>
    opening.enter?.("proxy", label),
  );
  if (proxy.protocol !== "https") return socket;
  try {
    return await secureSocket(socket, { host, ca }, signal, { ALPNProtocols: ["http/1.1"] });
  } catch (error) {
    throw signal.aborted ? signal.reason : ofProxy(error, proxy);
  }
}
