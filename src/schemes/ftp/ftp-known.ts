import type { FtpWire } from "../../drivers/basic-ftp.ts";
import type { Capabilities } from "../../transport/capabilities.ts";
import type { FtpRefusals } from "./ftp-capabilities.ts";
import { ftpCapabilities } from "./ftp-capabilities.ts";

/** What is known of a server by now: what it said that it knows, what it refused, and what it did. */
export class KnownServer {
  #refusals: FtpRefusals = { modes: false, setsMtime: false, atomicReplace: false };
  #wire: FtpWire | undefined;
  #capabilities: Capabilities = ftpCapabilities(undefined, this.#refusals);
  /** Whether it has set a mode. */
  setsModes = false;
  /** Whether it has set a time. */
  setsTimes = false;

  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  /** Takes up what the first session learned. */
  learn(wire: FtpWire): void {
    if (this.#wire !== undefined) return;
    this.#wire = wire;
    this.#capabilities = ftpCapabilities(wire, this.#refusals);
  }

  /** From now on it is known not to do this. */
  refuse(refused: Partial<FtpRefusals>): void {
    this.#refusals = { ...this.#refusals, ...refused };
    this.#capabilities = ftpCapabilities(this.#wire, this.#refusals);
  }
}
