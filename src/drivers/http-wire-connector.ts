import type { Connector, OpenContext, WireTraffic } from "../connection/connector.ts";
import type { TransportError } from "../errors/transport-error.ts";
import type { HttpWire } from "./http-wire.ts";

/** A connector whose wires speak HTTP, whoever they are opened for: they know by themselves how they are asked, closed and counted. */
export abstract class HttpWireConnector implements Connector<HttpWire> {
  abstract readonly label: string;
  abstract get leasesPerWire(): number;
  /** Whether the caller said how often a silent wire is to be given a sign of life. */
  protected abstract readonly keepaliveAsked: boolean;

  abstract open(context: OpenContext): Promise<HttpWire>;

  async check(wire: HttpWire, signal: AbortSignal): Promise<void> {
    await wire.ping(signal);
  }

  async close(wire: HttpWire): Promise<void> {
    await wire.end();
  }

  /**
   * HTTP/2 has a PING, which nobody writes down. On HTTP/1.1, which S3 speaks too, a sign of life is a request without need, a line in somebody's log, and
   * another connection costs little: it is given where somebody asked for it.
   */
  keptAlive(wire: HttpWire): boolean {
    return this.keepaliveAsked || wire.capacity > 1;
  }

  destroy(wire: HttpWire, reason: TransportError): void {
    wire.destroy(reason);
  }

  hold(wire: HttpWire, held: boolean): void {
    wire.hold(held);
  }

  traffic(wire: HttpWire): WireTraffic {
    return wire.traffic();
  }
}
