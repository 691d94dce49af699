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
  /** Whether it was asked for before it was needed. */
  readonly ahead: boolean;
}

/** Asks the server for something. `mayBeFollowed`: others may be asked before the answer. */
type Ask = (command: string, expected: readonly number[], mayBeFollowed: boolean) => Promise<FtpReply>;

/** A port that was named longer ago is not used: firewalls that read along forget it. */
const maxAheadMs = 10_000;

/** How long a server may take to name a port that it was asked for ahead, once that is needed. */
const forgottenAfterMs = 3_000;

/** Replies with which servers refuse a command that they do not know. */
const unknownCommand = [500, 501, 502, 504, 522];

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
  #ahead: Ahead | undefined;

  constructor(facts: FtpServerFacts, clock: Clock, ask: Ask) {
    this.#facts = facts;
    this.#clock = clock;
    this.#ask = ask;
  }

  /** Has the server name the next port behind what was sent last. A server that refuses that is not asked ahead again. */
  askAhead(): void {
    const { portsAhead, passive } = this.#facts;
    if (!portsAhead || passive !== "EPSV" || this.#isFresh()) return;
    const port = this.#ask("EPSV", [229], true)
      .then(passivePort)
      .catch((error: unknown) => this.#refusedAhead(error))
      .finally(() => (ahead.answered = true));
    const ahead: Ahead = { port, askedAt: this.#clock.now(), answered: false };
    this.#ahead = ahead;
  }

  async next(): Promise<PassivePort> {
    const ahead = this.#isFresh() ? this.#ahead : undefined;
    this.#ahead = undefined;
    const port = await (ahead === undefined || ahead.answered ? ahead?.port : this.#unlessForgotten(ahead.port));
    return port === undefined ? { port: await this.#askNow(), ahead: false } : { port, ahead: true };
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

  async #askNow(): Promise<number> {
    if (this.#facts.passive === "EPSV") {
      try {
        return passivePort(await this.#ask("EPSV", [229], false));
      } catch (error) {
        if (!unknownCommand.includes(refusalCode(error) ?? 0)) throw error;
        this.#facts.passive = "PASV";
      }
    }
    return passivePort(await this.#ask("PASV", [227], false));
  }
}
