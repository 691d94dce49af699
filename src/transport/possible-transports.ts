import type { WireLimit } from "../connection/wire-limit.ts";
import type { ConnectionRequest } from "./connection-request.ts";
import type { Transport } from "./transport.ts";

/** The transports whose wires a call may use, in order of preference; an array is one. */
export interface PossibleTransports extends Iterable<Transport> {
  /** Called with each transport that opens a connection of its own. */
  push(...transports: Transport[]): unknown;
  /**
   * The candidates worth asking for a request, in order. A list that knows its transports by endpoint answers with those alone, so
   * that a lookup does not cost more as the list grows; without this method every transport is asked.
   */
  candidatesFor?(request: ConnectionRequest): Iterable<Transport>;
  /** For the connections that are opened for it, unless a call says otherwise: see the option of the same name. */
  readonly wireLimit?: WireLimit | undefined;
}
