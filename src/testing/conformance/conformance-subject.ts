import type { PossibleTransports } from "../../transport/possible-transports.ts";
import type { LocationInput, TransportOptions } from "../../transport/transport-options.ts";
import type { Transport } from "../../transport/transport.ts";

/** The functions of a test runner that the suite uses; those of vitest and of node:test both fit. */
export interface TestRunner {
  /** Groups tests; `define` may be asynchronous. */
  describe(name: string, define: () => void | Promise<void>): unknown;
  /** One test. */
  it(name: string, run: () => Promise<void>): unknown;
}

/** What the suite is run on: a scheme with a server behind it, or a decorator around one. */
export interface ConformanceSubject {
  /** As it is to appear in the names of the tests: `"sftp on OpenSSH 9.2"`. */
  readonly name: string;
  /** Makes a fresh, empty directory; called once for every case, and once before them to learn the capabilities. */
  open(): Promise<ConformanceSite>;
  /** How transports are obtained. Default: `getTransport` of `samewire`. */
  readonly getTransport?: (
    location: LocationInput,
    possibleTransports?: PossibleTransports,
    options?: TransportOptions,
  ) => Transport;
}

/** A directory of its own for one case. */
export interface ConformanceSite {
  /** The URL of an empty directory in which the case may do what it likes. */
  readonly url: string;
  /** What every `getTransport` is given with it: credentials, key files, timeouts. */
  readonly options?: TransportOptions;
  /** The list that the case's transport is obtained with. Sites that hand out the same one share a wire. Default: a new one. */
  readonly possibleTransports?: Transport[];
  /** Puts a file there by another way than the transport, with the directories above it. Needed where transports are read-only. */
  readonly seed?: (path: string, content: Uint8Array) => Promise<void>;
  /** Reads a file by another way than the transport. */
  readonly reread?: (path: string) => Promise<Uint8Array>;
  /** The names in a directory by another way than the transport: what a transport that lists nothing is checked by. */
  readonly names?: (path: string) => Promise<readonly string[]>;
  /** How many files of this directory the server holds open. Each case must end with none. */
  readonly openFiles?: () => number | Promise<number>;
  /** The server, counted from outside; a tap before it fits. Without it what only a counter can tell is left out, and said so. */
  readonly server?: ConformanceServer;
  /** The process that takes locks, where that is not this one. */
  readonly lockHolder?: number | undefined;
  /** Texts that must not appear in any error: passwords, tokens. */
  readonly secrets?: readonly string[];
  /** Removes the directory. Called after the case, whether it passed or not. */
  close(): Promise<void>;
}

/** A server that counts its connections and can lose them. */
export interface ConformanceServer {
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Cuts every connection that is open, as a failing network does. */
  sever(): unknown;
}
