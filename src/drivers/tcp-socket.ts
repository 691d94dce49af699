import type { LookupFunction, OnReadOpts, SocketConstructorOpts } from "node:net";
import { Socket, isIP } from "node:net";

import { whenAborted } from "../connection/abort.ts";
import type { TransportError } from "../errors/transport-error.ts";
import { readingMuch } from "./reading-much.ts";

/** Where to connect to, and from. */
export interface TcpTarget {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string | undefined;
  readonly family?: 4 | 6 | undefined;
  readonly lookup?: LookupFunction | undefined;
  /** Whether much may come at once, and is to be read in large pieces. Default false. */
  readonly largeReads?: boolean | undefined;
  /** Where the bytes that arrive are put; by default Node allocates a place for each read. The socket is there when the first of them are. */
  readonly reading?: ((socket: () => Socket) => OnReadOpts) | undefined;
}

/** Puts into words why a connection could not be made. */
export type ExplainConnect = (error: NodeJS.ErrnoException, target: TcpTarget) => TransportError;

/** Told what is being done: a name is resolved, or the next address is asked. */
export type EnterTcp = (phase: "resolve" | "connect") => void;

/** A connected TCP socket without Nagle's delay, which costs a round trip of 40 ms for every second small packet. */
export function connectTcp(
  target: TcpTarget,
  signal: AbortSignal,
  explain: ExplainConnect,
  enter: EnterTcp = () => undefined,
): Promise<Socket> {
  const { host, port, localAddress, family, lookup, largeReads = false, reading } = target;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as TransportError);
    const options = {
      host,
      port,
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(family === undefined ? {} : { family }),
      ...(lookup === undefined ? {} : { lookup: finding(lookup) }),
      ...(reading === undefined ? {} : { onread: reading(() => socket) }),
      ...(largeReads ? { onread: readingMuch(() => socket) } : {}),
    };
    const socket: Socket = new Socket(options as SocketConstructorOpts);
    enter(isIP(host) === 0 ? "resolve" : "connect");
    // A host may have several addresses, which are tried in turn; the first of them at once, where they are known.
    if (isIP(host) === 0) socket.on("connectionAttempt", () => enter("connect"));
    const stopListening = whenAborted(signal, () => {
      socket.destroy();
      reject(signal.reason as TransportError);
    });
    const fail = (error: Error): void => {
      stopListening();
      socket.destroy();
      reject(explain(error, target));
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      stopListening();
      socket.off("error", fail);
      // It may break before anybody else listens; then it is found destroyed.
      socket.on("error", () => socket.destroy());
      resolve(socket);
    });
    socket.connect(options);
  });
}

/** A lookup that fails where it finds nothing: handed an empty list, Node throws where nobody can catch it. */
function finding(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, found, family) => {
      if (error !== null || found.length > 0) return callback(error, found, family);
      const nothing = new Error(`the lookup of ${hostname} found no address`);
      callback(Object.assign(nothing, { code: "ENOTFOUND" }), found, family);
    });
  };
}
