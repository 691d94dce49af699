import type { Clock } from "../connection/clock.ts";
import type { WireLimit } from "../connection/wire-limit.ts";
import type { Logger } from "../log/logger.ts";
import type { Location } from "../url/location.ts";
import type { AskCredentials, CredentialsOption, Provenance } from "./credentials.ts";
import type { FtpOptions } from "./ftp-options.ts";
import type { HttpOptions } from "./http-options.ts";
import type { S3Options } from "./s3-options.ts";
import type { SshOptions } from "./ssh-options.ts";
import type { TlsOptions } from "./tls-options.ts";

/** A URL, or a local path, or what was parsed from one. */
export type LocationInput = string | URL | Location;

/** Resolves a host name, as `dns.lookup` does. Two are the same for sharing when they are the same function or carry the same `id`. */
export interface Lookup {
  /** Calls back as `dns.lookup` does. */
  (
    hostname: string,
    options: { readonly all?: boolean; readonly family?: number },
    callback: (
      error: NodeJS.ErrnoException | null,
      address: string | { address: string; family: number }[],
      family?: number,
    ) => void,
  ): void;
  /** What two functions have in common that count as one. */
  readonly id?: string;
}

/**
 * Options of a transport. Those that say who one is, whom one trusts and which way the bytes go are part of the connection key: absent, they
 * are taken from a candidate; given and equal, they share; given and different, or `null` for explicitly none, they need a wire of
 * their own. The others are policies of the shared connection that the first transport opens.
 */
export interface TransportOptions {
  /** Identity. The user, where the URL names none. */
  readonly user?: string | null | undefined;
  /** Identity. The password, where the URL has none. */
  readonly password?: string | null | undefined;
  /** Identity. A callback that is asked for secrets; or where unsaid identity options may come from; or both. */
  readonly credentials?: Provenance | AskCredentials | CredentialsOption | undefined;
  /** Identity, each by itself. */
  readonly ssh?: SshOptions | undefined;
  /** Identity, each by itself. `"required"` stands for `{ required: true }`, `"none"` for explicitly none. */
  readonly tls?: "required" | "none" | TlsOptions | undefined;
  /** Identity, each by itself. */
  readonly ftp?: FtpOptions | undefined;
  /** Each by itself. */
  readonly http?: HttpOptions | undefined;
  /** Identity, each by itself. */
  readonly s3?: S3Options | undefined;
  /**
   * Identity. Who connects in our place: `http://user:password@host:port` (CONNECT), `https:` (the same inside TLS), `socks5:`, or `socks5h:`, where the proxy
   * resolves the names. Absent, `http:`, `https:`, `dav:`, `davs:` and `s3:` take the one that the environment names (`HTTPS_PROXY`, `NO_PROXY`).
   */
  readonly proxy?: string | URL | null | undefined;
  /**
   * Policy. The file of users and passwords for `http:`, `https:`, `dav:`, `davs:`, `ftp:`, `ftpes:` and `ftps:` where neither the URL nor the options name any;
   * `null` reads none. Default: the one that `$NETRC` names, then `~/.netrc`, on Windows also `~/_netrc`. The connection's key has what was found in it.
   */
  readonly netrc?: string | null | undefined;
  /** Identity. The local address to connect from. */
  readonly localAddress?: string | null | undefined;
  /** Identity. 4 or 6: the only IP family to use. */
  readonly family?: 4 | 6 | null | undefined;
  /** Identity. Resolves host names instead of `dns.lookup`. */
  readonly lookup?: Lookup | null | undefined;

  /** Policy. From nothing to a wire that works, without the time in which a person is asked. Default 30,000 ms. */
  readonly connectTimeoutMs?: number | undefined;
  /** Policy. To find the addresses of a host. This limit and the next five: each of one phase of a connect, and as long as `connectTimeoutMs` where only that is given. Default 15,000 ms. */
  readonly resolveTimeoutMs?: number | undefined;
  /** Policy. For each address of a host until it has taken the connection. Default 15,000 ms. */
  readonly tcpConnectTimeoutMs?: number | undefined;
  /** Policy. Until a proxy has connected us. Default 20,000 ms. */
  readonly proxyTimeoutMs?: number | undefined;
  /** Policy. Until both sides are known to each other: the greeting, TLS, the exchange of keys. Default 15,000 ms. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** Policy. To log in, without the time in which a person is asked. Default 20,000 ms. */
  readonly authenticateTimeoutMs?: number | undefined;
  /** Policy. What is settled between logging in and the first operation. Default 15,000 ms. */
  readonly sessionSetupTimeoutMs?: number | undefined;
  /** Policy. How long an operation waits for a wire that others hold. Default 120,000 ms. */
  readonly leaseTimeoutMs?: number | undefined;
  /** Policy. Silence of the server in the middle of an operation before it is given up. Default 60,000 ms. */
  readonly silenceTimeoutMs?: number | undefined;
  /** Policy. How long an unused wire stays open. Default 60,000 ms. */
  readonly idleTimeoutMs?: number | undefined;
  /** Policy. Between two signs of life on a silent wire. 0: none. Default 20,000 ms. */
  readonly keepaliveIntervalMs?: number | undefined;
  /** Policy. How long `disconnect` and `close` wait for operations to end. Default 5,000 ms. */
  readonly drainTimeoutMs?: number | undefined;
  /** Policy. Wires at most, where the protocol carries one operation on each. Default 1. */
  readonly connections?: number | undefined;
  /**
   * Policy. How many wires may be open to the server in all, beyond this connection: `localWireLimit` counts those of this process, `sharedWireLimit` those of many
   * processes and machines. Absent, it is that of the list or scope; `null` for none.
   */
  readonly wireLimit?: WireLimit | null | undefined;
  /**
   * Policy. Whether wires stay open however long nobody needs them, for those that cost a person something, as the touch of a hardware key: they are closed by
   * `disconnect()`, `close()` and the end of their scope only, count for no bound of a scope, and are kept alive. They hold the process no more than others.
   * Also when given late, and whoever else shares them: one that asks for it is enough.
   */
  readonly pin?: boolean | undefined;
  /** Policy. After a server refused a further wire, how long until one more is tried again. Default 30,000 ms. */
  readonly probeAfterMs?: number | undefined;
  /** Policy. Silence after which a wire is asked whether it lives before it is trusted with an operation. Default 15,000 ms. */
  readonly checkAfterIdleMs?: number | undefined;
  /** Policy. How long every wire may be held by streams that nobody reads or writes, while an operation waits, before it rejects with `would-deadlock`. Default 10,000 ms. */
  readonly deadlockAfterMs?: number | undefined;
  /** Policy. How long a stream that nobody has begun to read keeps a wire to itself. Default 120,000 ms. */
  readonly unreadTimeoutMs?: number | undefined;

  /** Cosmetic. What every limit and pause of the connection is measured by, for tests: see `fastClock`. Default: the machine's own clock. */
  readonly clock?: Clock | undefined;
  /** Cosmetic. A pino logger, or anything of its shape. Silent by default. */
  readonly logger?: Logger | undefined;
}
