import type { Timer } from "../../src/extend.ts";
import type { Lookup } from "../../src/index.ts";
import type { Fault } from "./fault.ts";
import { delayedMs } from "./fault.ts";
import { matrixClock } from "./matrix-clock.ts";
import type { Striker } from "./striker.ts";

/** The name of every server of the matrix. It is known to nobody but `FaultyNames`. */
export const hostName = "server.example";

/** Looks names up, and finds this machine. A name server that fails says so (`reset`, `fin`), or says what is no answer (`garbage`, `half`), or nothing. */
export class FaultyNames implements Striker {
  #fault: Fault | undefined;
  readonly #late = new Map<Timer, () => void>();

  readonly lookup: Lookup = (hostname, { all = false }, callback) => {
    const answer = (address: string): void =>
      all ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4);
    const fail = (code: string): void =>
      callback(Object.assign(new Error(`queryA ${code} ${hostname}`), { code, syscall: "queryA" }), []);
    const answers: Readonly<Record<Fault, () => void>> = {
      reset: () => fail("ECONNREFUSED"),
      fin: () => fail("ENOTFOUND"),
      silence: () => undefined,
      garbage: () => answer("no address at all"),
      half: () => (all ? callback(null, []) : callback(null, "")),
      drip: () => undefined,
      delay: () => this.#answerLate(() => answer("127.0.0.1")),
    };
    setImmediate(this.#fault === undefined ? () => answer("127.0.0.1") : answers[this.#fault]);
  };

  strike(fault: Fault): void {
    this.#fault = fault;
  }

  heal(): void {
    this.#fault = undefined;
    for (const [timer, answer] of this.#late) {
      timer.cancel();
      answer();
    }
    this.#late.clear();
  }

  #answerLate(answer: () => void): void {
    const timer = matrixClock.timeout(delayedMs, () => {
      this.#late.delete(timer);
      answer();
    });
    this.#late.set(timer, answer);
  }
}
