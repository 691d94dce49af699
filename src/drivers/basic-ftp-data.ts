import type { Socket } from "node:net";

import { TransportError } from "../errors/transport-error.ts";
import type { FtpControl } from "./basic-ftp-control.ts";
import { dataConnectError } from "./basic-ftp-errors.ts";
import type { FtpReply } from "./basic-ftp-reply.ts";
import { replyText } from "./basic-ftp-reply.ts";
import type { SocketTarget } from "./socket.ts";
import { connectSocket } from "./socket.ts";
import type { TlsTarget } from "./tls-socket.ts";
import { secureSocket } from "./tls-socket.ts";

/** How a data connection is made. */
export interface DataTarget extends Pick<SocketTarget, "host" | "localAddress" | "family" | "lookup" | "proxy"> {
  /** Undefined on a plain session. */
  readonly tls: TlsTarget | undefined;
}

/** The port in an answer to EPSV (RFC 2428) or PASV. The address in the latter is not looked at: it may be anybody's, or one behind a NAT. */
export function passivePort(reply: FtpReply): number {
  const text = reply.lines.join(" ");
  const extended = /\((.)\1\1([0-9]{1,5})\1\)/.exec(text);
  if (reply.code === 229 && extended !== null) return checkPort(Number(extended[2]), reply);
  const classic = /([0-9]{1,3}),([0-9]{1,3}),([0-9]{1,3}),([0-9]{1,3}),([0-9]{1,3}),([0-9]{1,3})/.exec(text);
  if (reply.code === 227 && classic !== null) return checkPort(Number(classic[5]) * 256 + Number(classic[6]), reply);
  throw noPort(reply);
}

function checkPort(port: number, reply: FtpReply): number {
  if (port < 1 || port > 65_535) throw noPort(reply);
  return port;
}

function noPort(reply: FtpReply): TransportError {
  return new TransportError("protocol-error", `the server names no port for data: ${replyText(reply)}`);
}

/** The length of a file in an answer to a command that fetches it. Its name is left out, which may say anything. */
export function announcedBytes({ lines }: FtpReply, command: string): number | undefined {
  const text = lines.join(" ");
  const path = command.slice(command.indexOf(" ") + 1);
  const name = path.slice(path.lastIndexOf("/") + 1);
  const said = path.includes("bytes)") ? text.replaceAll(path, "").replaceAll(name, "") : text;
  const bytes = /\(([0-9]{1,15}) bytes\)/.exec(said)?.[1];
  return bytes === undefined ? undefined : Number(bytes);
}

/** A data connection to the host that the control connection leads to, the same way, whatever address the server gives. `reached`: somebody is there. */
export async function connectData(
  control: FtpControl,
  port: number,
  { tls, ...target }: DataTarget,
  signal: AbortSignal,
  reached: () => void,
): Promise<Socket> {
  const begins = tls === undefined ? "they" : "we";
  const socket = await connectSocket({ ...wayToPeer(control, target), port }, { signal }, dataConnectError, begins);
  reached();
  if (tls === undefined) return socket;
  // Servers want to see the session of the control connection: it proves that whoever fetches the data is who logged in.
  const { tlsSession } = control;
  const secured = await secureSocket(socket, tls, signal, tlsSession === undefined ? {} : { session: tlsSession });
  secured.on("session", (session) => control.keepTlsSession(session));
  return secured;
}

/** Behind a proxy the peer is who the proxy connected by that name; without one it is the address that was found. */
function wayToPeer(control: FtpControl, target: Omit<DataTarget, "tls">): Omit<SocketTarget, "port"> {
  if (target.proxy !== undefined) return target;
  const host = control.socket.remoteAddress;
  if (host === undefined) throw new TransportError("connection-lost", "the server closed the connection");
  return { host, localAddress: target.localAddress };
}
