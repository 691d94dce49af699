import type { Clock } from "../connection/clock.ts";
import { within } from "../connection/within.ts";
import { TransportError } from "../errors/transport-error.ts";
import { passivePort } from "./basic-ftp-data.ts";
import { isRefusal, refusalCode } from "./basic-ftp-errors.ts";
import type { FtpServerFacts } from "./basic-ftp-facts.ts";
import type { FtpReply } from "./basic-ftp-reply.ts";

/** A port that the server named for the next data connection. */
export interface PassivePort {
  readonly port: number;
  /** How the server was asked for it. */
  readonly by: FtpServerFacts["passive"];
  /** Whether it was asked for before it was needed. */
  readonly ahead: boolean;
}

/** Asks the server for something. `mayBeFollowed`: others may be asked before the answer. */
type Ask = (command: string, expected: readonly number[], mayBeFollowed: boolean) => Promise<FtpReply>;

/** A port that was named longer ago is not used: firewalls that read along forget it. */
const maxAheadMs = 10_000;

/** How long a server may take to name a port that it was asked for ahead, once that is needed. */
const forgottenAfterMs = 3_000;

/** What EPSV is answered with: the port, also in the way of PASV by some; or that it is superfluous, by those that do not know it. */
const epsvReplies = [229, 227, 202];

interface Ahead {
  readonly port: Promise<number | undefined>;
  readonly askedAt: number;
  answered: boolean;
}

/** Asks for the ports of data connections; ahead of time, where the answer can come along with others. */
export class PassivePorts {
  readonly #facts: FtpServerFacts;
  readonly #clock: Clock;
  readonly #ask: Ask;
  /** PASV names an address of IPv4, and nothing else. */
  readonly #hasPasv: boolean;
  #ahead: Ahead | undefined;

  constructor(
    { facts, clock }: { readonly facts: FtpServerFacts; readonly clock: Clock },
    family: string | undefined,
    ask: Ask,
  ) {
    this.#facts = facts;
    this.#clock = clock;
    this.#ask = ask;
    this.#hasPasv = family !== "IPv6";
  }

  /** Has the server name the next port behind what was sent last. A server that refuses that is not asked ahead again. */
  askAhead(): void {
    const { portsAhead, passive } = this.#facts;
    if (!portsAhead || passive !== "EPSV" || this.#isFresh()) return;
    const port = this.#ask("EPSV", epsvReplies, true)
      .then(passivePort)
      .catch((error: unknown) => this.#refusedAhead(error))
      .finally(() => (ahead.answered = true));
    const ahead: Ahead = { port, askedAt: this.#clock.now(), answered: false };
    this.#ahead = ahead;
  }

  /** The port for a transfer. `along` is asked before it, and with it where it is asked for now. */
  async next(along?: () => Promise<unknown>): Promise<PassivePort> {
    const ahead = this.#isFresh() ? this.#ahead : undefined;
    this.#ahead = undefined;
    const isTogether = ahead === undefined && this.#facts.passive === "EPSV";
    const port = await (ahead === undefined || ahead.answered ? ahead?.port : this.#unlessForgotten(ahead.port));
    return port === undefined
      ? { ...(await this.#askNow(isTogether ? along : undefined)), ahead: false }
      : { port, by: "EPSV", ahead: true };
  }

  /**
   * Told that nobody was there at a port. Whether another one, asked for at once, may lead to somebody: what was named ahead of time may have been given up,
   * and firewalls open the ports that they read along, of which some know PASV alone. Another session may have found that out meanwhile.
   */
  unreachable({ by, ahead }: PassivePort): boolean {
    const facts = this.#facts;
    if (ahead) facts.portsAhead = false;
    else if (by === facts.passive && !facts.reached && this.#hasPasv) facts.passive = by === "EPSV" ? "PASV" : "EPSV";
    return ahead || (by === "EPSV" && facts.passive === "PASV");
  }

  #isFresh(): boolean {
    return this.#ahead !== undefined && this.#clock.now() - this.#ahead.askedAt < maxAheadMs;
  }

  /** Rejects where a server forgets what it was asked ahead: what it says next, nobody knows. */
  async #unlessForgotten(port: Promise<number | undefined>): Promise<number | undefined> {
    const answer = await within(this.#clock, forgottenAfterMs, port, "forgotten");
    if (answer !== "forgotten") return answer;
    this.#facts.portsAhead = false;
    throw new TransportError("connection-lost", "the server forgot what it was asked ahead of time", {
      temporary: true,
    });
  }

  /** It is asked once more when a port is needed: then the failure is told. */
  #refusedAhead(error: unknown): undefined {
    if (isRefusal(error)) this.#facts.portsAhead = false;
  }

  async #askNow(along?: () => Promise<unknown>): Promise<Omit<PassivePort, "ahead">> {
    if (this.#facts.passive === "EPSV") {
      const [asked] = await Promise.allSettled([this.#ask("EPSV", epsvReplies, along !== undefined), along?.()]);
      const reply = asked.status === "fulfilled" ? asked.value : unlessNever(asked.reason);
      if (reply !== undefined && reply.code !== 202) return { port: passivePort(reply), by: "EPSV" };
    }
    try {
      const port = passivePort(await this.#ask("PASV", [227], false));
      this.#facts.passive = "PASV";
      return { port, by: "PASV" };
    } catch (error) {
      if (isRefusal(error)) this.#facts.passive = "EPSV";
      throw error;
    }
  }
}

/** Refused now, a port may be named later; refused for good, it may be in another way. */
function unlessNever(error: unknown): undefined {
  if ((refusalCode(error) ?? 0) < 500) throw error;
}
