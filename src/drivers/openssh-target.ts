/** Where a process of OpenSSH's client is to lead, and what it is told beside ssh_config, which decides whatever is absent here. */
export interface OpenSshTarget {
  /** As it was typed, since it is what ssh_config's `Host` is matched with; an IPv6 address without brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  /** The only ssh_config file; `null` reads none. */
  readonly configFile?: string | null | undefined;
  /** Private keys, in order; no other key is taken from an agent then. An empty list: not even the usual ones. */
  readonly identityFiles?: readonly string[] | undefined;
  /** The agent's socket; `null` asks no agent. */
  readonly agent?: string | null | undefined;
  /** The only known_hosts files. */
  readonly knownHostsFiles?: readonly string[] | undefined;
  /** What becomes of a host key that is on no record. `accept` records nothing. */
  readonly unknownHostKey?: "refuse" | "accept" | "accept-and-record" | undefined;
  readonly hostKeyAlias?: string | undefined;
  /** Hosts to go through, `user@host:port`, the first hop first. An empty list: none. */
  readonly jumpHosts?: readonly string[] | undefined;
  readonly ciphers?: readonly string[] | undefined;
  readonly localAddress?: string | undefined;
  /** The only IP family; `null` takes any. */
  readonly family?: 4 | 6 | null | undefined;
  /** For TCP and the server's first words. */
  readonly connectTimeoutMs?: number | undefined;
}
