import type { Socket } from "node:net";

import { resetSocket } from "../../src/drivers/socket.ts";
import type { Timer } from "../../src/extend.ts";
import type { Fault } from "./fault.ts";
import { delayedMs, dripEveryMs } from "./fault.ts";
import { garbage } from "./garbage.ts";
import { matrixClock } from "./matrix-clock.ts";
import type { Striker } from "./striker.ts";

/** One data connection that a file comes in by. */
interface Upload {
  /** As TCP made it. */
  readonly raw: Socket;
  /** Under TLS, where the session is. */
  readonly data: Socket;
  /** Says that no more is taken; false where the server says no more either. */
  readonly stop: (speaks: boolean) => void;
}

/**
 * The server's end of data connections by which files come in. It has nothing to say there but by how it takes them: it breaks the connection or closes it, and
 * says so (`reset`, `fin`); it takes no more (`silence`), one byte a second (`drip`), or nothing for 10 seconds (`delay`); or it says what nobody asked (`garbage`).
 */
export class FtpTaker implements Striker {
  readonly #uploads = new Set<Upload>();
  readonly #timers = new Set<Timer>();

  /** Takes a file in until its end; true if that came, false if the connection broke, undefined if the server is never going to say. */
  receive(
    raw: Socket,
    data: Socket,
    closed: Promise<void>,
    take: (chunk: Buffer) => void,
  ): Promise<boolean | undefined> {
    return new Promise((resolve) => {
      const upload: Upload = { raw, data, stop: (speaks) => settle(speaks ? false : undefined) };
      const settle = (whole: boolean | undefined): void => {
        this.#uploads.delete(upload);
        resolve(whole);
      };
      this.#uploads.add(upload);
      data.on("data", take);
      data.once("end", () => settle(true));
      data.once("close", () => settle(false));
      void closed.then(() => settle(undefined));
    });
  }

  strike(fault: Fault): void {
    for (const upload of this.#uploads) this.#harm(upload, fault);
  }

  heal(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const { data } of this.#uploads) data.resume();
  }

  #harm({ raw, data, stop }: Upload, fault: Fault): void {
    switch (fault) {
      case "reset":
        stop(true);
        return resetSocket(raw);
      case "fin":
        stop(true);
        data.pause().end();
        return;
      case "silence":
        data.pause();
        return stop(false);
      case "garbage":
        raw.write(garbage(64, "upload"));
        return;
      case "drip":
        data.pause();
        this.#timers.add(matrixClock.interval(dripEveryMs, () => void data.read(1)));
        return;
      case "delay":
        data.pause();
        this.#timers.add(matrixClock.timeout(delayedMs, () => void data.resume()));
        return;
      case "half":
        return;
    }
  }
}
