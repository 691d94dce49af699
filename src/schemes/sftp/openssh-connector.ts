import { whenAborted } from "../../connection/abort.ts";
import type { OpenContext } from "../../connection/connector.ts";
import type { OpenSshProcess, OpenSshTarget } from "../../drivers/openssh.ts";
import { startOpenSshProcess } from "../../drivers/openssh.ts";
import type { TransportError } from "../../errors/transport-error.ts";
import { toTransportError } from "../../errors/transport-error.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import { labelOf } from "./destination.ts";
import { openSshTarget } from "./openssh-target.ts";
import type { NameEncoding } from "./protocol/name-encoding.ts";
import { SftpWire } from "./sftp-wire.ts";
import { SftpWireConnector } from "./sftp-wire-connector.ts";
import { SilentDrops } from "./silent-drops.ts";

type ProcessWire = SftpWire<OpenSshProcess>;

/** Starts processes of the system's `ssh` for one connection key: each is one wire. */
export class OpenSshConnector extends SftpWireConnector<OpenSshProcess> {
  readonly label: string;
  readonly #target: OpenSshTarget;
  readonly #encoding: NameEncoding;
  readonly #silentDrops = new SilentDrops();

  constructor(request: ConnectionRequest) {
    super();
    this.label = labelOf(request);
    this.#target = openSshTarget(request);
    this.#encoding = request.options.ssh?.encoding ?? "utf8";
  }

  async open(context: OpenContext): Promise<ProcessWire> {
    const { signal, clock } = context;
    signal.throwIfAborted();
    let wire: ProcessWire | undefined;
    let open = false;
    const ssh = startOpenSshProcess(this.#target, {
      clock,
      enter: (phase) => {
        if (!open) context.enter(phase);
      },
      ended: (reason) => {
        wire?.fail(reason);
        if (open) context.lost(reason);
      },
    });
    const giveUp = (reason: TransportError): void => {
      wire?.fail(reason);
      ssh.destroy(reason);
    };
    const stopListening = whenAborted(signal, () => giveUp(signal.reason as TransportError));
    try {
      await ssh.identified;
      wire = new SftpWire(ssh, this.#encoding, (reason) => {
        ssh.destroy(reason);
        if (open) context.lost(reason);
      });
      // It answers once the login is over; ssh itself says nothing that could be relied on.
      await wire.session();
      open = true;
      this.#silentDrops.end();
      return wire;
    } catch (error) {
      giveUp(toTransportError(error));
      throw this.#silentDrops.judged(error);
    } finally {
      stopListening();
    }
  }

  async check(wire: ProcessWire): Promise<void> {
    await (await wire.session()).realpath(".");
  }
}
