import type { TransportOptions } from "samewire";

import type { Peer } from "./peer.ts";

/** The kinds of servers that benchmarks run against. */
export const serverNames = [
  "openssh",
  "embedded",
  "memory",
  "vsftpd",
  "embedded-ftp",
  "embedded-webdav",
  "embedded-s3",
  "nginx",
  "nginx-dav",
  "apache",
  "rclone",
] as const;
export type ServerName = (typeof serverNames)[number];

export interface SiteOptions {
  /** Delay each way before the servers, in milliseconds: half of what it adds to a round trip. Default none, and then nothing stands before them. */
  readonly delayMs?: number;
}

/**
 * Two servers of one kind that differ in host or port, so that no connection to one serves the other, and all that is needed to reach them.
 * A new kind is one file that makes this, a name above, and a line in `sites.ts`.
 */
export interface Site extends AsyncDisposable {
  readonly server: ServerName;
  /** The URL of an empty directory on each, writable unless there are `folders`; ends in `/`. */
  readonly roots: readonly [first: string, second: string];
  /** The same directories as URLs under which they can be written, where the servers only let one read. */
  readonly folders?: readonly [first: string, second: string];
  /** Where the first root is on this machine, for who looks at files without the server. */
  readonly directory?: string;
  /** What a client must be given beside a URL to be let in. */
  readonly options: TransportOptions;
  /** Connections that both accepted so far, by their own count or that of the proxy right before them. */
  accepted(): Promise<number>;
  /** How many connections can be asked for at the same moment, where there is a limit to that. */
  readonly mostAtOnce?: number;
  /** How the same is done without samewire; undefined where there is no other client. */
  readonly peer: Peer | undefined;
}
