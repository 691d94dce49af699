import type { TransportOptions } from "samewire";
import type { Tap } from "samewire/testing";

import type { Random } from "../random.ts";
import type { ServerDisk } from "../server-disk.ts";

export const soakSchemes = ["sftp", "ftp", "dav"] as const;
export type SoakScheme = (typeof soakSchemes)[number];

/** A server that is misused, behind a tap. */
export interface SoakPlace extends AsyncDisposable {
  readonly scheme: SoakScheme;
  /** What it is: `openssh`, or `embedded-sftp` for one in this process. */
  readonly server: string;
  /** The URL of an empty directory, through the tap; ends in `/`. */
  readonly root: string;
  /** What a client must be given to be let in. */
  readonly options: TransportOptions;
  /** Wires that one key may have at most. */
  readonly mostWires: number;
  /** Whether locks that it keeps are gone once it is started anew. */
  readonly forgetsLocks: boolean;
  readonly tap: Tap;
  readonly disk: ServerDisk;
  /** Ends it and every connection to it at once. What was acknowledged stays. */
  crash(): Promise<void>;
  /** Starts it anew after that. */
  revive(): Promise<void>;
  /** Changes how much it takes, in some way; in words, what it takes from now on. */
  limit(random: Random): Promise<string>;
  /** Takes the limits away. */
  lift(): Promise<void>;
}

/** Limits that are short enough for what is done here, and long enough for a machine that is busy with it. */
export const impatient: TransportOptions = {
  connectTimeoutMs: 6_000,
  silenceTimeoutMs: 2_500,
  leaseTimeoutMs: 30_000,
  unreadTimeoutMs: 500,
  drainTimeoutMs: 2_000,
  checkAfterIdleMs: 1_000,
  keepaliveIntervalMs: 2_000,
  probeAfterMs: 1_000,
};
