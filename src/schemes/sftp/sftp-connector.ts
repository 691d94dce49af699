import type { LookupFunction } from "node:net";

import type { OpenContext } from "../../connection/connector.ts";
import type { SshWire } from "../../drivers/ssh2.ts";
import { hostKeyAlgorithms, openSsh } from "../../drivers/ssh2.ts";
import type { TransportError } from "../../errors/transport-error.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import { askOf } from "../../transport/option-values.ts";
import { proxySettings } from "../../transport/proxy-options.ts";
import type { AskUnhurried } from "../../transport/ask-unhurried.ts";
import { Authentication } from "./authentication.ts";
import type { Destination } from "./destination.ts";
import { destinationOf, urlOf } from "./destination.ts";
import { HostKeyPolicy } from "./host-key-policy.ts";
import type { Jump } from "./jump.ts";
import { jumpOf } from "./jump.ts";
import { SftpWire } from "./sftp-wire.ts";
import { SftpWireConnector } from "./sftp-wire-connector.ts";
import { SilentDrops } from "./silent-drops.ts";

type SshSftpWire = SftpWire<SshWire>;

/** Opens SSH sessions for one connection key, and keeps what they have in common: what was answered, what was trusted. */
export class SftpConnector extends SftpWireConnector<SshWire> {
  readonly label: string;
  readonly #request: ConnectionRequest;
  readonly #destination: Destination;
  #jump: Jump | undefined;
  readonly #hostKeys: HostKeyPolicy;
  readonly #authentication: Authentication;
  readonly #silentDrops = new SilentDrops();
  #pinned = false;

  constructor(request: ConnectionRequest) {
    super();
    const { location, options } = request;
    const { ssh = {} } = options;
    const destination = destinationOf(request);
    this.label = urlOf(destination);
    this.#request = request;
    this.#destination = destination;
    this.#jump = jumpOf(request, destination);
    this.#hostKeys = new HostKeyPolicy(destination, ssh);
    this.#authentication = new Authentication({
      destination,
      ssh,
      password: location.password ?? options.password,
      ask: askOf(options),
    });
  }

  pin(): void {
    this.#pinned = true;
    this.#jump?.pin();
  }

  async open(context: OpenContext): Promise<SshSftpWire> {
    const { host, port, user, config } = this.#destination;
    const { options } = this.#request;
    const ended = new AbortController();
    const signal = AbortSignal.any([context.signal, ended.signal]);
    const ask: AskUnhurried = (question) => context.pauseClock(async () => await question(signal));
    try {
      const hostKeys = this.#hostKeys;
      const algorithms = hostKeys.algorithms(hostKeyAlgorithms);
      if (this.#jump?.closed) {
        this.#jump = jumpOf(this.#request, this.#destination);
        if (this.#pinned) this.#jump?.pin();
      }
      const via = await this.#jump?.open(host, port, context);
      let wire: SshSftpWire | undefined;
      const lost = (reason: TransportError): void => {
        wire?.fail(reason);
        context.lost(reason);
      };
      const ssh = await openSsh(
        {
          host,
          port,
          user,
          via,
          proxy: proxySettings(options),
          localAddress: options.localAddress === undefined ? config.localAddress : (options.localAddress ?? undefined),
          family: options.family === undefined ? config.family : (options.family ?? undefined),
          lookup: (options.lookup ?? undefined) as LookupFunction | undefined,
          hostKeyAlgorithms: algorithms,
          ciphers: options.ssh?.ciphers ?? undefined,
          verifyHostKey: (key) => hostKeys.verify(key, ask),
          authenticate: () => this.#authentication.plan(ask),
        },
        {
          signal: context.signal,
          clock: context.clock,
          enter: (phase, at, heard) => context.enter(phase, at, heard),
          pauseClock: (work) => context.pauseClock(work),
          lost,
          ended: () => context.ended(),
        },
      );
      wire = new SftpWire(ssh, options.ssh?.encoding ?? "utf8", (reason) => {
        ssh.destroy(reason);
        context.lost(reason);
      });
      this.#silentDrops.end();
      return wire;
    } catch (error) {
      throw this.#silentDrops.judged(error);
    } finally {
      ended.abort();
    }
  }

  async check(wire: SshSftpWire, signal: AbortSignal): Promise<void> {
    // Where files are at stake, the process that serves them is asked.
    if (wire.openedSession === undefined) await wire.ssh.ping(signal);
    else await wire.openedSession.realpath(".");
  }
}
