import type { Fault } from "./fault.ts";

/** Something on the way to a server that goes wrong when it is told to. */
export interface Striker {
  /** From this moment on. */
  strike(fault: Fault): void | Promise<void>;
  /** Nothing goes wrong for who comes from now on. What is broken stays broken, what is late arrives at once. */
  heal(): void | Promise<void>;
}
