import type { OpenContext } from "../../connection/connector.ts";
import type { SharedConnection } from "../../connection/shared-connection.ts";
import type { SshSocket, SshWire } from "../../drivers/ssh2.ts";
import type { Lease } from "../../connection/wire-pool.ts";
import { within } from "../../connection/within.ts";
import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import { ConnectedTransport } from "../../transport/connected-transport.ts";
import { ConnectionRequest } from "../../transport/connection-request.ts";
import { getTransportFrom } from "../../transport/get-transport.ts";
import type { PossibleTransports } from "../../transport/possible-transports.ts";
import type { TransportOptions } from "../../transport/transport-options.ts";
import { encodeUser } from "../../url/percent-encoding.ts";
import type { Destination } from "./destination.ts";
import { listOf } from "./given-option.ts";
import type { SftpWire } from "./sftp-wire.ts";
import type { JumpHost } from "./ssh-config.ts";

/** What a way that is only congested carries more of while an answer is late. */
const fewBytes = 1024;

/** The process of another client opens no way further. */
type JumpWire = SftpWire<SshWire>;

/** Hosts in a row at most. More are a circle. */
const maxHops = 16;

/** The shared connection of the host that a destination is reached through. */
export class Jump {
  readonly #connection: SharedConnection<JumpWire>;

  constructor(connection: SharedConnection<JumpWire>) {
    this.#connection = connection;
  }

  /** Whether it was closed for good: whoever goes on needs another one. */
  get closed(): boolean {
    return this.#connection.state === "closed";
  }

  /** The wire to the jump host stays open as long as somebody needs the wires through it to. */
  pin(): void {
    this.#connection.pin();
  }

  /**
   * A way through the jump host. The wire that it goes through stays on loan as long as the way is open, and it keeps the process alive only while
   * the way does.
   */
  async open(host: string, port: number, context: OpenContext): Promise<SshSocket> {
    try {
      return await this.#openOnce(host, port, context);
    } catch (error) {
      // The wire to the jump host was lost; nothing was asked of the host behind it yet.
      if (!isTransportError(error, "connection-lost") || context.signal.aborted) throw error;
      return await this.#openOnce(host, port, context);
    }
  }

  async #openOnce(host: string, port: number, context: OpenContext): Promise<SshSocket> {
    const { signal } = context;
    // Connecting to the jump host has a clock of its own.
    const lease = await context.pauseClock(() => this.#connection.lease({ operation: "connect", signal }));
    try {
      context.enter("connect");
      void this.#discardIfDead(lease, signal);
      const tunnel = await lease.wire.ssh.openTunnel(host, port, signal);
      // How long the host behind it may be silent is for the wire through the tunnel to say.
      lease.pause();
      tunnel.once("close", () => lease.release());
      return tunnel;
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  /**
   * A wire that carries tunnels alone is not asked for signs of life by those who use it: where it is dead, whoever asks for another tunnel is the first to
   * notice. So the jump host is asked for something of its own beside the tunnel, which may take as long as the host behind it likes.
   */
  async #discardIfDead(lease: Lease<JumpWire>, signal: AbortSignal): Promise<void> {
    const { clock, checkTimeoutMs } = this.#connection.policy;
    const { ssh } = lease.wire;
    const { bytesReceived } = ssh.traffic();
    const answered = ssh.ping(signal).then(
      () => true,
      () => true, // It was lost or given up, which others tell.
    );
    if (await within(clock, checkTimeoutMs, answered, false)) return;
    if (ssh.traffic().bytesReceived - bytesReceived < fewBytes)
      lease.discard(new TransportError("connection-lost", "the jump host no longer answers", { temporary: true }));
  }
}

/** Hops that are being resolved; resolving is synchronous. */
let depth = 0;

/** The jump host of a request, if it has one; its connection is taken from the request's list, or joins it. Touches no network. */
export function jumpOf(request: ConnectionRequest, { config }: Destination): Jump | undefined {
  const { proxyJump } = request.options.ssh ?? {};
  const hops = proxyJump === undefined ? (config.proxyJump ?? []).map(urlOfHop) : listOf(proxyJump).map(urlOfText);
  const nearest = hops.at(-1);
  if (nearest === undefined) return undefined;
  if (depth >= maxHops) {
    throw new TransportError("unsupported", `the jump hosts lead through more than ${maxHops} others, or in a circle`, {
      hint: "Check ProxyJump in ssh_config",
    });
  }
  depth++;
  try {
    return new Jump(connectionTo(nearest, hops.slice(0, -1), request));
  } finally {
    depth--;
  }
}

function connectionTo(
  url: string,
  before: readonly string[],
  { registry, options, possibleTransports }: ConnectionRequest,
): SharedConnection<JumpWire> {
  const list: PossibleTransports = possibleTransports ?? [];
  const location = registry.parse(url);
  const way = before.length === 0 ? {} : { proxyJump: before };
  // Whatever wire to that host the caller has will do; one of its own is opened with the caller's options.
  const bare: TransportOptions = { credentials: credentialsOf(options), ssh: { client: "ssh2", ...way } };
  const request = new ConnectionRequest(registry, location, bare, list);
  for (const candidate of request.inherits ? (list.candidatesFor?.(request) ?? list) : []) {
    const transport = candidate.reuseConnectionFor(request);
    if (transport instanceof ConnectedTransport) return transport.connection as SharedConnection<JumpWire>;
  }
  const transport = getTransportFrom(registry, location, list, {
    ...ownOptions(options),
    // What is limited is what the location names: who has a permit for that must not wait for one for the way there.
    wireLimit: null,
    ssh: { ...sharedSshOptions(options), ...way },
  });
  if (transport instanceof ConnectedTransport && transport.location.scheme === "sftp")
    return transport.connection as SharedConnection<JumpWire>;
  throw new TransportError("unsupported", `${location.redactedUrl} is no jump host`, {
    hint: "Name it as user@host:port, or with an sftp: URL",
  });
}

function credentialsOf({ credentials }: TransportOptions): "inherit" | "explicit" {
  const provenance = typeof credentials === "object" ? credentials.provenance : credentials;
  return provenance === "explicit" ? "explicit" : "inherit";
}

/** What the caller said that is not about the destination alone: not its user, password, host keys, or where it is reached from. */
function ownOptions({
  user: _user,
  password: _password,
  connections: _connections,
  ssh: _ssh,
  ...rest
}: TransportOptions): TransportOptions {
  return rest;
}

function sharedSshOptions({ ssh = {} }: TransportOptions): NonNullable<TransportOptions["ssh"]> {
  const { hostKeyAlias: _alias, hostKeyFingerprints: _pins, proxyJump: _way, encoding: _encoding, ...rest } = ssh;
  return rest;
}

function urlOfHop({ user, host, port }: JumpHost): string {
  const who = user === undefined ? "" : `${encodeUser(user)}@`;
  return `sftp://${who}${host.includes(":") ? `[${host}]` : host}${port === undefined ? "" : `:${port}`}/`;
}

/** `user@host:port`, `ssh://…` or `sftp://…` */
export function urlOfText(text: string): string {
  const bare = text.replace(/^(?:ssh|sftp):\/\//i, "").replace(/\/$/, "");
  return `sftp://${bare}/`;
}
