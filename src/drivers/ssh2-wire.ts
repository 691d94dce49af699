import type { Duplex } from "node:stream";

import type { Client, ClientChannel } from "ssh2";

import { whenAborted } from "../connection/abort.ts";
import type { WireTraffic } from "../connection/connector.ts";
import { TransportError } from "../errors/transport-error.ts";
import { trafficOf } from "./socket.ts";
import type { VendorError } from "./ssh2-errors.ts";
import { lostError, subsystemError, tunnelError } from "./ssh2-errors.ts";
import { acknowledgeAtOnce, actsInOrder } from "./ssh2-ahead.ts";
import type { LoginOutcome } from "./ssh2-login.ts";
import { reusePackets } from "./ssh2-packets.ts";
import type { SshReads } from "./ssh2-reads.ts";
import type { SshSocket } from "./ssh2-socket.ts";
import { SshTunnel } from "./ssh2-tunnel.ts";
import { widenWindow } from "./ssh2-window.ts";

/**
 * The round trip from which on a window of 2 MiB holds a fast network back, in milliseconds. Where the server is nearer a wider one only fills memory, and
 * a get on one machine then takes a tenth longer.
 */
const farMs = 5;

/** One authenticated SSH session. It opens no channel by itself. */
export class SshWire {
  /** The server's identification: `SSH-2.0-OpenSSH_9.2p1 Debian-2`. */
  readonly ident: string;
  readonly #client: Client;
  readonly #socket: SshSocket;
  readonly #reads: SshReads;
  readonly #onLost: (reason: TransportError) => void;
  readonly #closed: Promise<void>;
  readonly #traffic: WireTraffic;
  /** What rejects the requests that wait for an answer. */
  readonly #waiting = new Set<(reason: TransportError) => void>();
  readonly #heldTunnels = new Set<object>();
  /** How long the server took to answer a request that costs it nothing, in milliseconds. */
  readonly roundTripMs: number;
  #held = true;
  #dead: TransportError | undefined;

  /** Takes over a client that is logged in; `lost` is told once if it dies by itself. */
  constructor(
    client: Client,
    socket: SshSocket,
    outcome: LoginOutcome,
    reads: SshReads,
    lost: (reason: TransportError) => void,
  ) {
    this.#client = client;
    this.#socket = socket;
    this.ident = outcome.ident;
    this.roundTripMs = outcome.roundTripMs;
    this.#reads = reads;
    this.#traffic = trafficOf(socket);
    this.#onLost = lost;
    client.on("error", (error: VendorError) => this.#die(lostError(error)));
    this.#closed = new Promise((resolve) => {
      client.on("close", () => {
        this.#die(lostError(undefined));
        resolve();
      });
    });
    reusePackets(client, socket);
    if (socket.destroyed) this.#die(lostError(undefined));
  }

  /** A channel to one of the server's subsystems. Rejects with `unsupported` where there is none, `too-many-connections` where the server allows no further session. */
  async openSubsystem(name: string, signal?: AbortSignal): Promise<Duplex> {
    const stopAcknowledging = actsInOrder(this.ident) ? acknowledgeAtOnce(this.#client, this.#socket) : undefined;
    const opening = this.#openChannel(
      (done) => this.#client.subsys(name, done),
      (error) => subsystemError(error, name),
      signal,
    );
    const channel = await opening.finally(stopAcknowledging);
    // What it complains about would fill the channel's window.
    channel.stderr.resume();
    this.#reads.passThrough(channel);
    if (this.roundTripMs > farMs) widenWindow(channel);
    return channel;
  }

  /** A TCP connection from the server to another host. */
  async openTunnel(host: string, port: number, signal?: AbortSignal): Promise<SshTunnel> {
    // Whoever reads from it may be slow.
    this.#reads.keep();
    const channel = await this.#openChannel(
      // Where it comes from is for the server's log; OpenSSH's client says the same of a forward that no local connection caused.
      (done) => this.#client.forwardOut("127.0.0.1", 65_535, host, port, done),
      (error) => tunnelError(error, `${host} port ${port}`),
      signal,
    );
    const held = {};
    return new SshTunnel(channel, (hold) => {
      if (hold) this.#heldTunnels.add(held);
      else this.#heldTunnels.delete(held);
      this.#reference();
    });
  }

  /** Resolves once the server answered a request that does nothing. */
  async ping(signal?: AbortSignal): Promise<void> {
    // Of the global requests that ssh2 offers, giving up a forwarding that does not exist is the one without any effect. A refusal is an answer.
    await this.#request<void>(signal, (resolve) => this.#client.unforwardIn("localhost", 65_535, () => resolve()));
  }

  /** While held, the session keeps the process alive. */
  hold(held: boolean): void {
    this.#held = held;
    this.#reference();
  }

  /** A live view. What was sent takes Node some work to count, which is done when somebody asks. */
  traffic(): WireTraffic {
    return this.#traffic;
  }

  /** Says goodbye; resolves once the connection is closed. */
  async end(): Promise<void> {
    this.#client.end();
    await this.#closed;
  }

  /** Drops the connection at once; whatever waits rejects with `reason`. */
  destroy(reason: TransportError): void {
    if (this.#dead !== undefined) return;
    this.#dead = reason;
    for (const fail of this.#waiting) fail(reason);
    this.#socket.destroy();
  }

  #openChannel(
    open: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
    translate: (error: VendorError) => TransportError,
    signal: AbortSignal | undefined,
  ): Promise<ClientChannel> {
    return this.#request<ClientChannel>(signal, (resolve, reject) => {
      open((error, channel) => {
        if (error) reject(translate(error as VendorError));
        // Nobody waits for it any more.
        else if (!resolve(channel)) channel.close();
      });
    });
  }

  /** A request that settles when it is answered, aborted, or when the session dies. `send` learns whether its answer was still waited for. */
  #request<T>(
    signal: AbortSignal | undefined,
    send: (resolve: (value: T) => boolean, reject: (reason: TransportError) => void) => void,
  ): Promise<T> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise<T>((resolve, reject) => {
      const settle = (): boolean => {
        stopListening();
        return this.#waiting.delete(fail);
      };
      const fail = (reason: unknown): void => {
        settle();
        reject(reason);
      };
      const stopListening = whenAborted(signal, () => fail(signal?.reason));
      this.#waiting.add(fail);
      try {
        send((value) => {
          const awaited = settle();
          resolve(value);
          return awaited;
        }, fail);
      } catch (error) {
        // ssh2 throws where the socket can no longer be written to, which is before it says that it closed.
        fail(new TransportError("connection-lost", "the connection is closing", { temporary: true, cause: error }));
      }
    });
  }

  #die(reason: TransportError): void {
    if (this.#dead !== undefined) return;
    this.destroy(reason);
    this.#onLost(reason);
  }

  #reference(): void {
    if (this.#held || this.#heldTunnels.size > 0) this.#socket.ref();
    else this.#socket.unref();
  }
}
