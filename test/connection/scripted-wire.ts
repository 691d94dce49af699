import type { ConnectPhase, Connector, OpenContext } from "../../src/connection/connector.ts";
import { TransportError } from "../../src/errors/transport-error.ts";
import type { ManualClock } from "./manual-clock.ts";

const phases: readonly ConnectPhase[] = ["resolve", "connect", "handshake", "authenticate", "session"];

/** A server without a network: everything about it takes as long as it is told to on a clock that is moved by hand. */
export class ScriptedServer {
  readonly clock: ManualClock;
  /** How long it takes for an answer; `Infinity` for never. */
  answerMs = 5;
  /** The phase of a connect that is never over. */
  blackHole: ConnectPhase | undefined;
  /** Whether it has room for one wire more. */
  full = false;
  opened = 0;
  /** Questions that were asked on a wire before the one before was answered. */
  besides = 0;
  readonly open = new Set<ScriptedWire>();

  constructor(clock: ManualClock) {
    this.clock = clock;
  }

  sever(): void {
    for (const wire of [...this.open]) wire.break(lost());
  }

  connector(leasesPerWire: number): Connector<ScriptedWire> {
    return {
      label: "scripted://host",
      leasesPerWire,
      open: (context) => this.#connect(context),
      check: (wire) => wire.ask(),
      close: async (wire) => {
        await wire.ask();
        wire.end();
      },
      destroy: (wire, reason) => wire.end(reason),
      hold: () => undefined,
      traffic: (wire) => ({ bytesSent: wire.asked, bytesReceived: wire.answered }),
    };
  }

  async #connect(context: OpenContext): Promise<ScriptedWire> {
    for (const phase of phases) {
      context.enter(phase);
      await this.#takeTime(phase === this.blackHole ? Infinity : 1, context.signal);
    }
    if (this.full) throw new TransportError("too-many-connections", "full", { temporary: true });
    this.opened++;
    return new ScriptedWire(this, (error) => context.lost(error));
  }

  #takeTime(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.timeout(ms, resolve);
      const abort = (): void => {
        timer.cancel();
        reject(signal.reason as TransportError);
      };
      signal.addEventListener("abort", abort, { once: true });
      if (signal.aborted) abort();
    });
  }
}

export class ScriptedWire {
  readonly #server: ScriptedServer;
  readonly #lost: (error: TransportError) => void;
  readonly #waiting = new Set<(error: TransportError) => void>();
  asked = 0;
  answered = 0;
  /** Who uses it now, where it carries one at a time. */
  user: string | undefined;

  constructor(server: ScriptedServer, whenLost: (error: TransportError) => void) {
    this.#server = server;
    this.#lost = whenLost;
    server.open.add(this);
  }

  /** Asks something; resolves with the answer. */
  ask(): Promise<void> {
    this.asked++;
    if (this.#waiting.size > 0) this.#server.besides++;
    const { clock, answerMs } = this.#server;
    return new Promise((resolve, reject) => {
      if (!this.#server.open.has(this)) return reject(lost());
      const timer = clock.timeout(answerMs, () => {
        this.#waiting.delete(fail);
        this.answered++;
        resolve();
      });
      const fail = (error: TransportError): void => {
        timer.cancel();
        reject(error);
      };
      this.#waiting.add(fail);
    });
  }

  /** It breaks, and says so. */
  break(error: TransportError): void {
    this.end(error);
    this.#lost(error);
  }

  end(error: TransportError = lost()): void {
    this.#server.open.delete(this);
    for (const fail of this.#waiting) fail(error);
    this.#waiting.clear();
  }
}

function lost(): TransportError {
  return new TransportError("connection-lost", "the wire broke", { temporary: true });
}
