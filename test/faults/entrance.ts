import type { Door } from "../bad-day/door.ts";
import type { Fault } from "./fault.ts";
import type { Striker } from "./striker.ts";

/** What may go wrong before the first byte: the port is shut, so that the machine itself resets (`reset`), or whoever comes in is sent away (`fin`). */
export class Entrance implements Striker {
  readonly #door: Door;
  #shut = false;

  constructor(door: Door) {
    this.#door = door;
  }

  async strike(fault: Fault): Promise<void> {
    if (fault === "fin") this.#door.welcome = (socket) => socket.end();
    if (fault !== "reset") return;
    this.#shut = true;
    await this.#door.shut();
  }

  async heal(): Promise<void> {
    this.#door.welcome = "through";
    if (this.#shut) await this.#door.open();
    this.#shut = false;
  }
}
