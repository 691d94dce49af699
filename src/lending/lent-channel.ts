import { once } from "node:events";
import { Socket, createConnection } from "node:net";

import { TransportError } from "../errors/transport-error.ts";
import type { LendingChannel } from "./frame-channel.ts";

/** Says to a process over what it is lent something: `stdio`, `fd:3`, or the path of a socket, which its own children may use as well. */
export const lentVariable = "SAMEWIRE_LENT";

const descriptor = /^fd:([0-9]+)$/;

/**
 * The channel that the environment names. One that only one process can use is taken out of it.
 *
 * @throws TransportError `connection-failed` where it names none, or one at whose other end nobody is
 */
export async function channelFromEnvironment(env: NodeJS.ProcessEnv = process.env): Promise<LendingChannel> {
  const where = env[lentVariable];
  if (where === undefined || where === "")
    throw new TransportError("connection-failed", `nothing is lent to this process: ${lentVariable} is not set`, {
      hint: "Start it with samewire lend, or give borrow() a channel",
    });
  const fd = descriptor.exec(where)?.[1];
  if (fd === undefined && where !== "stdio") return await connectTo(where);
  delete env[lentVariable];
  return fd === undefined ? { readable: process.stdin, writable: process.stdout } : new Socket({ fd: Number(fd) });
}

async function connectTo(path: string): Promise<Socket> {
  const socket = createConnection(path);
  try {
    await once(socket, "connect");
    return socket;
  } catch (cause) {
    throw new TransportError("connection-failed", "the lender is gone", {
      hint: `Start this process with samewire lend, or without ${lentVariable}`,
      cause,
    });
  }
}
