import { TransportError } from "../errors/transport-error.ts";
import type { ConnectPhase } from "./connector.ts";
import { Deadline } from "./deadline.ts";
import type { ConnectionLimits, ConnectionPolicy } from "./policy.ts";

/** The limit of each phase of a connect. */
export const phaseLimits: Readonly<Record<ConnectPhase, keyof ConnectionLimits>> = {
  resolve: "resolveTimeoutMs",
  connect: "tcpConnectTimeoutMs",
  proxy: "proxyTimeoutMs",
  handshake: "handshakeTimeoutMs",
  authenticate: "authenticateTimeoutMs",
  session: "sessionSetupTimeoutMs",
};

/** How long one connect may take: in all, and in each of its phases. Both clocks stop while a person is asked. */
export class ConnectLimits {
  readonly #label: string;
  readonly #policy: ConnectionPolicy;
  readonly #total: Deadline;
  readonly #phase: Deadline;
  #current: ConnectPhase = "connect";
  #at: string | undefined;
  #heard: (() => string | undefined) | undefined;

  /** `expire` is called once, with what the connect is to be given up with. */
  constructor(label: string, policy: ConnectionPolicy, expire: (error: TransportError) => void) {
    this.#label = label;
    this.#policy = policy;
    this.#total = new Deadline(policy.clock, policy.connectTimeoutMs, () => expire(this.#tooSlow("connectTimeoutMs")));
    this.#phase = new Deadline(policy.clock, Infinity, () => expire(this.#tooSlow(phaseLimits[this.#current])));
  }

  /** A phase begins, also one that was entered before. */
  enter(phase: ConnectPhase, at?: string, heard?: () => string | undefined): void {
    this.#current = phase;
    this.#at = at;
    this.#heard = heard;
    const limitMs = this.#policy[phaseLimits[phase]];
    // Where it is no tighter than the limit for all of it, that one is named.
    this.#phase.restart(limitMs < this.#policy.connectTimeoutMs ? limitMs : Infinity);
  }

  /** No phase is under way: only the limit for all of it holds. */
  leave(): void {
    this.#phase.restart(Infinity);
  }

  /** Stops both clocks while `work` runs. */
  pausedFor<T>(work: () => Promise<T>): Promise<T> {
    return this.#total.pausedFor(() => this.#phase.pausedFor(work));
  }

  cancel(): void {
    this.#total.cancel();
    this.#phase.cancel();
  }

  #tooSlow(limit: keyof ConnectionLimits): TransportError {
    const ms = this.#policy[limit];
    const phase = this.#at === undefined ? `"${this.#current}"` : `"${this.#current}" (${this.#at})`;
    const what =
      limit === "connectTimeoutMs"
        ? `no connection within ${ms} ms; it was in the phase ${phase}`
        : `no connection: the phase ${phase} was not over within ${ms} ms`;
    const heard = this.#heard?.();
    const wayOut = `${limit} if the server is known to be slow`;
    return new TransportError("timeout", heard === undefined ? what : `${what}; ${heard}`, {
      operation: "connect",
      url: this.#label,
      temporary: true,
      hint: heard === undefined ? `Raise ${wayOut}` : `Check the port and the scheme, or raise ${wayOut}`,
    });
  }
}
