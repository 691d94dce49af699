import type { TransportError } from "../errors/transport-error.ts";
import { Transport } from "../transport/transport.ts";
import type { LendingChannel } from "./frame-channel.ts";
import { Lender } from "./lender.ts";
import type { ServedBase } from "./served-base.ts";
import { servedBases } from "./served-base.ts";

/** Options of `lend`. */
export interface LendOptions {
  /** Lend for reading only: every verb that changes something is `read-only`. Default false. */
  readonly readonly?: boolean | undefined;
}

/** The account of what is lent over a channel. Holds no secret. */
export interface LendingReport {
  /** The URLs of what is lent, without passwords. */
  readonly lent: readonly string[];
  /** Calls that were made so far. */
  readonly calls: number;
  /** Calls that are not answered yet, and locks that are held. */
  readonly open: number;
  /** Bytes of content that were read. */
  readonly bytesRead: number;
  /** Bytes of content that were written. */
  readonly bytesWritten: number;
  /** Why the channel has ended: `connection-lost` where the borrower has gone, `protocol-error` where it sent what it must not; absent while it is open. */
  readonly ended?: TransportError;
}

/** What is lent over one channel, until it ends. */
export interface Lending extends AsyncDisposable {
  /**
   * Settles once the channel has ended, from whichever side, and nothing of its borrower is left: streams are closed, temporaries removed, locks given back.
   * Never rejects.
   */
  readonly ended: Promise<void>;
  /** What was asked of it so far. */
  report(): LendingReport;
  /** Ends the channel. What the borrower has under way ends with `connection-lost` there. The transports stay open. */
  close(): Promise<void>;
}

/**
 * Serves transports over a channel, so that whoever `borrow`s at its other end, in another thread or process, uses their wires and never sees what they were
 * opened with: only verbs, paths and content travel. A transport that is lent is a boundary: nothing outside its directory can be reached by it, links
 * included. To lend a whole server, lend `transport.clone("/")`; its login directory then comes with it.
 *
 * Touches no network. The transports stay the caller's, who closes them.
 *
 * @throws TransportError `unsupported` for a transport that is a file and no directory
 */
export function lend(
  transports: Transport | Iterable<Transport>,
  channel: LendingChannel,
  options: LendOptions = {},
): Lending {
  const bases = basesOf(transports, options);
  const lender = new Lender(bases, channel);
  const lent = bases.map(({ url }) => url);
  const close = (): Promise<void> => lender.close();
  return {
    ended: lender.ended,
    report: () => ({
      lent,
      ...lender.counts,
      open: lender.open,
      ...(lender.reason !== undefined && { ended: lender.reason }),
    }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What is served of some transports. */
export function basesOf(
  transports: Transport | Iterable<Transport>,
  { readonly: isReadonly = false }: LendOptions = {},
): readonly ServedBase[] {
  const all = transports instanceof Transport ? [transports] : [...transports];
  return all.flatMap((transport) => servedBases(transport, isReadonly));
}
