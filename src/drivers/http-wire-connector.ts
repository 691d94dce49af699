import type { Connector, OpenContext, WireTraffic } from "../connection/connector.ts";
import type { TransportError } from "../errors/transport-error.ts";
import type { HttpWire } from "./http-wire.ts";

/** A connector whose wires speak HTTP, whoever they are opened for: they know by themselves how they are asked, closed and counted. */
export abstract class HttpWireConnector implements Connector<HttpWire> {
  abstract readonly label: string;
  abstract get leasesPerWire(): number;

  abstract open(context: OpenContext): Promise<HttpWire>;

  async check(wire: HttpWire, signal: AbortSignal): Promise<void> {
    await wire.ping(signal);
  }

  async close(wire: HttpWire): Promise<void> {
    await wire.end();
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
