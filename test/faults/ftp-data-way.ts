import type { Fault } from "./fault.ts";
import type { Striker } from "./striker.ts";
import type { Wedge } from "./wedge.ts";
import { startWedge } from "./wedge.ts";

/** The way of data connections to a server, each of which goes through a wedge of its own. */
export class FtpDataWay implements Striker {
  readonly #wedges: Wedge[] = [];
  #prepare: (wedge: Wedge) => void = () => undefined;
  #fault: Fault | undefined;

  /** Whether the server does no more and says no more, since that is the fault. */
  get silent(): boolean {
    return this.#fault === "silence";
  }

  /** Data connections that are open now. */
  get open(): number {
    return this.#wedges.reduce((sum, wedge) => sum + wedge.open, 0);
  }

  /** What goes wrong before a data connection is made: for the phase in which it connects. Each has a port of its own, which stays shut. */
  readonly entrance: Striker = {
    strike: (fault) => this.#wedges.at(-1)?.entrance.strike(fault),
    heal: () => this.heal(),
  };

  /** What is done with the wedge of each data connection before anybody comes. */
  prepare(prepare: (wedge: Wedge) => void): void {
    this.#prepare = prepare;
  }

  /** Puts a wedge before the port that a server listens at; resolves with the port to tell. */
  async leadTo(port: number): Promise<number> {
    const wedge = await startWedge(port);
    this.#wedges.push(wedge);
    this.#prepare(wedge);
    return wedge.port;
  }

  strike(fault: Fault): void {
    this.#fault = fault;
    for (const wedge of this.#wedges) wedge.strike(fault);
  }

  heal(): void {
    this.#fault = undefined;
    this.#prepare = () => undefined;
    for (const wedge of this.#wedges) wedge.heal();
  }

  async close(): Promise<void> {
    await Promise.all(this.#wedges.map((wedge) => wedge.close()));
  }
}
