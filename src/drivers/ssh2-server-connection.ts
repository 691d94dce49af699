import type { Socket } from "node:net";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

import type { Connection, Session } from "ssh2";

import type { SshServerConnectionCounts, SshServerConnectionOptions, SshServerPeer } from "./ssh-server.ts";

/** Serves the channels of one connection, once it is let in. */
export function serveChannels(
  connection: Connection,
  peer: SshServerPeer,
  { maxSessions, forwards, serveSftp }: SshServerConnectionOptions,
  counts: SshServerConnectionCounts,
): void {
  let sessions = 0;
  const atEnd = new Set<() => void>();
  connection.on("close", () => atEnd.forEach((end) => end()));

  connection.on("session", (accept, reject) => {
    if (sessions === maxSessions) return void reject();
    sessions++;
    counts.sessions++;
    const session: Session = accept();
    session.on("close", () => sessions--);
    session.on("subsystem", (acceptSubsystem, rejectSubsystem, { name }) => {
      if (name !== "sftp") return void rejectSubsystem?.();
      const channel = acceptSubsystem();
      const ended = serveSftp(channel, peer);
      const end = (): void => {
        if (atEnd.delete(end)) ended();
      };
      atEnd.add(end);
      channel.on("close", end);
      // A client that has sent everything waits to be told how it went.
      channel.on("end", () => {
        channel.exit(0);
        channel.end();
      });
    });
  });

  connection.on("tcpip", (accept, reject, { destIP, destPort }) => {
    if (!forwards || !isThisMachine(destIP)) return void reject?.();
    counts.forwards++;
    const socket = connectThrough({ host: destIP, port: destPort }, accept, () => reject?.());
    const end = (): void => void socket.destroy();
    atEnd.add(end);
    socket.on("close", () => atEnd.delete(end));
  });
}

function connectThrough(
  to: { readonly host: string; readonly port: number },
  accept: () => Duplex,
  refuse: () => void,
): Socket {
  const socket = connect({ ...to, noDelay: true });
  socket.once("error", refuse);
  socket.once("connect", () => {
    socket.off("error", refuse);
    const channel = accept();
    // ssh2's channels have no error that destroys them: each side ends the other.
    socket.on("error", () => channel.destroy()).on("close", () => channel.destroy());
    channel.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.pipe(channel).pipe(socket);
  });
  return socket;
}

/** Forwarding is for tests of jump hosts, and leads to this machine only. */
function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
