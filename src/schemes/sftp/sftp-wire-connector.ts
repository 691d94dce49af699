import type { Connector, OpenContext, WireTraffic } from "../../connection/connector.ts";
import type { TransportError } from "../../errors/transport-error.ts";
import type { SftpCarrier, SftpWire } from "./sftp-wire.ts";

/** What carries SFTP, as far as it is a wire. */
interface WireCarrier extends SftpCarrier {
  end(): Promise<void>;
  destroy(reason: TransportError): void;
  hold(held: boolean): void;
  traffic(): WireTraffic;
}

/** A connector whose wires carry SFTP, whatever carries them: it is ended, held and counted in the same way. */
export abstract class SftpWireConnector<Carrier extends WireCarrier> implements Connector<SftpWire<Carrier>> {
  abstract readonly label: string;
  readonly leasesPerWire: number = Infinity;

  abstract open(context: OpenContext): Promise<SftpWire<Carrier>>;

  abstract check(wire: SftpWire<Carrier>, signal: AbortSignal): Promise<void>;

  async close(wire: SftpWire<Carrier>): Promise<void> {
    await wire.ssh.end();
  }

  destroy(wire: SftpWire<Carrier>, reason: TransportError): void {
    wire.fail(reason);
    wire.ssh.destroy(reason);
  }

  hold(wire: SftpWire<Carrier>, held: boolean): void {
    wire.ssh.hold(held);
  }

  traffic(wire: SftpWire<Carrier>): WireTraffic {
    return wire.ssh.traffic();
  }
}
