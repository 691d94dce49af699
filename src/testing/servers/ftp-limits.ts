import type { FtpReply } from "./ftp-replies.ts";

/** One control connection, as far as limits are concerned. */
export interface FtpGuest {
  readonly host: string;
  loggedIn: boolean;
}

export interface FtpLimitsOptions {
  readonly maxConnections: number;
  readonly maxConnectionsPerHost: number;
  /** What is said to one too many. */
  readonly reply: FtpReply | undefined;
}

/** Who is there, and whether there is room for one more. The numbers can be changed at any time; nobody is sent away who was let in. */
export class FtpLimits {
  maxConnections: number;
  maxConnectionsPerHost: number;
  readonly #reply: FtpReply | undefined;
  readonly #guests = new Set<FtpGuest>();

  constructor({ maxConnections, maxConnectionsPerHost, reply }: FtpLimitsOptions) {
    this.maxConnections = maxConnections;
    this.maxConnectionsPerHost = maxConnectionsPerHost;
    this.#reply = reply;
  }

  get guests(): number {
    return this.#guests.size;
  }

  /** The refusal of a new connection, or nothing, and it is let in. A refusal other than 421 is told at the login. */
  enter(guest: FtpGuest): FtpReply | undefined {
    const refusal = this.#refusesAtLogin ? undefined : this.#refusal(guest, [...this.#guests]);
    if (refusal === undefined) this.#guests.add(guest);
    return refusal;
  }

  /** The refusal of a login, or nothing, and it is let in. */
  logIn(guest: FtpGuest): FtpReply | undefined {
    const inside = [...this.#guests].filter(({ loggedIn }) => loggedIn);
    const refusal = this.#refusesAtLogin ? this.#refusal(guest, inside) : undefined;
    guest.loggedIn = refusal === undefined;
    return refusal;
  }

  leave(guest: FtpGuest): void {
    this.#guests.delete(guest);
  }

  get #refusesAtLogin(): boolean {
    return this.#reply !== undefined && !this.#reply.startsWith("421");
  }

  #refusal({ host }: FtpGuest, others: readonly FtpGuest[]): FtpReply | undefined {
    if (others.length >= this.maxConnections)
      return this.#reply ?? "421 There are too many connected users, try later.";
    if (others.filter((other) => other.host === host).length < this.maxConnectionsPerHost) return undefined;
    return this.#reply ?? "421 There are too many connections from your internet address.";
  }
}
