import type { Clock } from "../../src/connection/clock.ts";
import { systemClock } from "../../src/connection/clock.ts";
import type { ConnectPhase, OpenContext } from "../../src/connection/connector.ts";
import type { AuthPlan, SshTarget, SshWire } from "../../src/drivers/ssh2.ts";
import { hostKeyAlgorithms, openSsh } from "../../src/drivers/ssh2.ts";
import type { TransportError } from "../../src/errors/transport-error.ts";

/** What a driver is told and says while it opens a session. */
export class RecordedContext implements OpenContext {
  readonly clock: Clock = systemClock;
  readonly control = new AbortController();
  readonly phases: ConnectPhase[] = [];
  readonly losses: TransportError[] = [];

  get signal(): AbortSignal {
    return this.control.signal;
  }

  enter(phase: ConnectPhase): void {
    this.phases.push(phase);
  }

  pauseClock<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  lost(error: TransportError): void {
    this.losses.push(error);
  }

  ended(): void {
    throw new Error("an SSH session does not end in good order by itself");
  }
}

/** A target that trusts any key and logs in as `joe` with a password, unless something else is said. */
export function targetAt(port: number, change: Partial<SshTarget> = {}): SshTarget {
  return {
    host: "127.0.0.1",
    port,
    user: "joe",
    hostKeyAlgorithms,
    verifyHostKey: async () => () => undefined,
    authenticate: () => withPassword("secret"),
    ...change,
  };
}

export async function* withPassword(password: string): AuthPlan {
  yield { kind: "password", password };
}

export function open(target: SshTarget, context: OpenContext = new RecordedContext()): Promise<SshWire> {
  return openSsh(target, context);
}
