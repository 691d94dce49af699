import { TransportError } from "samewire";
import type { Lease } from "samewire/extend";

/** A wire on loan from a pool that has no clock of its own: whose server is silent for too long it gives back as broken. */
export class TimedLease<Wire> implements Lease<Wire> {
  readonly wire: Wire;
  readonly #silenceMs: number;
  readonly #giveBack: (reason: TransportError | undefined) => void;
  #timer: NodeJS.Timeout | undefined;
  #returned = false;

  constructor(wire: Wire, silenceMs: number, giveBack: (reason: TransportError | undefined) => void) {
    this.wire = wire;
    this.#silenceMs = silenceMs;
    this.#giveBack = giveBack;
    this.resume();
  }

  release(): void {
    this.#end(undefined);
  }

  discard(reason: TransportError): void {
    this.#end(reason);
  }

  progress(): void {
    this.#timer?.refresh();
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  resume(): void {
    if (this.#returned || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#end(
        new TransportError("timeout", `the server said nothing for ${this.#silenceMs} ms`, { temporary: true }),
      );
    }, this.#silenceMs);
  }

  #end(reason: TransportError | undefined): void {
    if (this.#returned) return;
    this.#returned = true;
    this.pause();
    this.#giveBack(reason);
  }
}
