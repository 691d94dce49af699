import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect, createServer } from "node:net";

import type { Connector, OpenContext } from "../../src/connection/connector.ts";
import { TransportError } from "../../src/errors/transport-error.ts";

/** A server of a line protocol, with a limit of its own: it greets or refuses, and answers every line, each after the one before. */
export interface EchoServer {
  readonly port: number;
  accepted: number;
  open: number;
  maxOpen: number;
  /** Connections beyond this are told `too many` and closed. */
  limit: number;
  /** While true it accepts and says nothing. */
  silent: boolean;
  /** Stops answering on the connections that are open now. */
  mute(): void;
  sever(): void;
  close(): Promise<void>;
}

export async function startEchoServer(): Promise<EchoServer> {
  const sockets = new Set<Socket>();
  const muted = new WeakSet<Socket>();
  const server: Server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    echo.accepted++;
    if (sockets.size >= echo.limit) return void socket.end("too many\n");
    sockets.add(socket);
    echo.open = sockets.size;
    echo.maxOpen = Math.max(echo.maxOpen, sockets.size);
    socket.on("close", () => {
      sockets.delete(socket);
      echo.open = sockets.size;
    });
    if (!echo.silent) socket.write("hello\n");
    onLine(socket, (line) => {
      if (!echo.silent && !muted.has(socket) && !line.startsWith("never ")) socket.write(`${line}\n`);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const echo: EchoServer = {
    port: (server.address() as AddressInfo).port,
    accepted: 0,
    open: 0,
    maxOpen: 0,
    limit: Infinity,
    silent: false,
    mute: () => sockets.forEach((socket) => muted.add(socket)),
    sever: () => sockets.forEach((socket) => socket.destroy()),
    async close() {
      echo.sever();
      server.close();
      await once(server, "close");
    },
  };
  return echo;
}

/** A wire of the line protocol: any number of lines in flight, answered in order. */
export class EchoWire {
  readonly socket: Socket;
  readonly #pending: { readonly resolve: (line: string) => void; readonly reject: (error: unknown) => void }[] = [];
  received = 0;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  say(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      this.socket.write(`${line}\n`);
    });
  }

  heard(line: string): void {
    this.received += line.length + 1;
    this.#pending.shift()?.resolve(line);
  }

  fail(error: TransportError): void {
    for (const { reject } of this.#pending.splice(0)) reject(error);
  }
}

export function echoConnector(
  server: { readonly port: number },
  leasesPerWire: number = Infinity,
): Connector<EchoWire> & { opened: number } {
  return {
    label: `echo://127.0.0.1:${server.port}`,
    leasesPerWire,
    opened: 0,
    open(context: OpenContext): Promise<EchoWire> {
      this.opened++;
      return openEcho(server.port, context);
    },
    async check(wire) {
      await wire.say("check");
    },
    async close(wire) {
      wire.socket.end();
      if (!wire.socket.closed) await once(wire.socket, "close");
    },
    destroy(wire, reason) {
      wire.fail(reason);
      wire.socket.destroy();
    },
    hold: (wire, held) => void (held ? wire.socket.ref() : wire.socket.unref()),
    traffic: (wire) => ({ bytesSent: wire.socket.bytesWritten, bytesReceived: wire.received }),
  };
}

function openEcho(port: number, { signal, lost }: OpenContext): Promise<EchoWire> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1").setNoDelay(true);
    const wire = new EchoWire(socket);
    let greeted = false;
    const fail = (error: TransportError): void => {
      socket.destroy();
      reject(error);
      wire.fail(error);
    };
    const abort = (): void => fail(signal.reason as TransportError);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    socket.on("error", (cause) => {
      const code = greeted ? "connection-lost" : "connection-failed";
      fail(new TransportError(code, "the connection broke", { cause }));
    });
    socket.on("close", () => {
      const error = new TransportError("connection-lost", "the server closed the connection", { temporary: true });
      if (greeted) lost(error);
      fail(error);
    });
    onLine(socket, (line) => {
      if (greeted) return wire.heard(line);
      signal.removeEventListener("abort", abort);
      if (line !== "hello")
        return fail(new TransportError("too-many-connections", "refused: too many", { temporary: true }));
      greeted = true;
      resolve(wire);
    });
  });
}

function onLine(socket: Socket, heard: (line: string) => void): void {
  let rest = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(heard);
  });
}
