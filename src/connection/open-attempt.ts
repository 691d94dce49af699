import { TransportError, toTransportError } from "../errors/transport-error.ts";
import { whenAborted } from "./abort.ts";
import type { Admission } from "./admission.ts";
import type { BackOff } from "./back-off.ts";
import { ConnectLimits } from "./connect-limits.ts";
import type { Connector } from "./connector.ts";
import { pause } from "./pause.ts";
import type { ConnectionPolicy } from "./policy.ts";
import type { WireSlot } from "./wire-slot.ts";

/** One attempt to open a wire, which any number of operations may wait for. */
export interface OpenAttempt {
  /** Settles when the wire is in its slot, or the attempt failed and left nothing behind. */
  readonly done: Promise<void>;
  readonly abandoned: boolean;
  /** Whether it stands in line, for a permit that others have. No limit of a connect runs meanwhile. */
  readonly inLine: boolean;
  /** Gives the attempt up. */
  abandon(reason: TransportError): void;
}

/** What becomes of an opened wire. */
export interface WireKeeper<Wire> {
  /** Takes it over; nobody gets it yet. */
  adopt(wire: Wire): WireSlot<Wire>;
  /** Does on it whatever must come first. */
  prepare(wire: Wire, startedAt: number): Promise<void>;
}

/** What an attempt goes by. */
export interface AttemptTerms {
  readonly policy: ConnectionPolicy;
  readonly backOff: BackOff;
  readonly admission: Admission;
  /** Whether no other wire could serve. */
  readonly alone: () => boolean;
}

/**
 * Starts to open a wire within the connect time limit, once it is admitted. A refusal for "too many" is waited out while no other wire could serve; every
 * other failure is final.
 */
export function startAttempt<Wire>(
  connector: Connector<Wire>,
  { policy, backOff, admission, alone }: AttemptTerms,
  keeper: WireKeeper<Wire>,
): OpenAttempt {
  const { clock } = policy;
  const control = new AbortController();
  const { signal } = control;
  let refusal: TransportError | undefined;
  let abandoned = false;
  const limits = new ConnectLimits(connector.label, policy, (error) => control.abort(refusal ?? error));

  const openOnce = async (): Promise<void> => {
    const startedAt = clock.now();
    let died: TransportError | undefined;
    let slot: WireSlot<Wire> | undefined;
    const opening = connector.open({
      signal,
      clock,
      enter: (phase, at, heard) => limits.enter(phase, at, heard),
      pauseClock: (work) => limits.pausedFor(work),
      lost: (error) => (slot === undefined ? void (died ??= error) : slot.lost(error)),
      ended: () => (slot === undefined ? void (died ??= closedAtOnce(connector.label)) : slot.ended()),
    });
    const wire = await unlessAborted(opening, signal, (late) =>
      connector.destroy(late, signal.reason as TransportError),
    );
    limits.leave();
    if (died !== undefined) {
      connector.destroy(wire, died);
      throw died;
    }
    slot = keeper.adopt(wire);
    try {
      await unlessAborted(keeper.prepare(wire, startedAt), signal, nothingToDo);
      slot.admit();
    } catch (error) {
      slot.drop(toTransportError(error));
      throw error;
    }
  };

  const open = async (): Promise<void> => {
    for (let refusals = 1; ; refusals++) {
      await pause(clock, backOff.pauseMs(), signal);
      try {
        signal.throwIfAborted();
        if (admission.isRationed) await limits.pausedFor(() => admission.enter(signal));
        await openOnce();
        return backOff.succeeded();
      } catch (error) {
        if (signal.aborted) {
          admission.leave();
          throw signal.reason;
        }
        limits.leave();
        backOff.failed();
        refusal = toTransportError(error, { operation: "connect", url: connector.label });
        const isFull = refusal.code === "too-many-connections" && refusal.temporary;
        // Where wires are counted there should be room: the session of whoever had this permit may not be over for the server yet.
        const isEarly = isFull && refusals <= earlyRefusals && admission.isRationed;
        if (!isEarly) admission.leave(isFull ? policy.probeAfterMs : 0);
        if (!isEarly && !(isFull && alone())) throw refusal;
      }
    }
  };
  return {
    done: open().finally(() => limits.cancel()),
    get abandoned() {
      return abandoned;
    },
    get inLine() {
      return admission.isWaiting;
    },
    abandon(reason) {
      abandoned = true;
      control.abort(reason);
    },
  };
}

/** Refusals that mean nothing yet where wires are counted. */
const earlyRefusals = 2;

const nothingToDo = (): void => undefined;

/** What `work` resolves with, unless the signal is aborted first: then its reason, and what arrives late is handed to `late`. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, late: (value: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopListening = whenAborted(signal, () => reject(signal.reason as TransportError));
    work.then((value) => (signal.aborted ? late(value) : resolve(value)), reject).finally(stopListening);
  });
}

function closedAtOnce(url: string): TransportError {
  return new TransportError("connection-lost", "the server closed the connection as soon as it was made", {
    url,
    temporary: true,
  });
}
