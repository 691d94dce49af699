import { fileURLToPath } from "node:url";

import type { Network } from "../delay/network.ts";
import type { Destination } from "../peers/transfer.ts";
import { openChildReader } from "./child-reader.ts";
import type { RangePeer, RangeTarget } from "./range-reader.ts";

/** What `read-ranges.ts` is told first. */
export interface ReadingJob {
  /** The name of one of its readers. */
  readonly client: string;
  readonly target: RangeTarget;
  readonly destination: Destination;
}

/** A client written in JavaScript, in a process of its own that measures itself. */
export function nodePeer(client: string, destination: Destination, network: Network): RangePeer {
  const program = fileURLToPath(new URL("read-ranges.js", import.meta.url));
  return {
    name: client,
    oneByOne: client.endsWith("one by one"),
    open: (target) => openChildReader({ words: [process.execPath, program] }, network, { client, target, destination }),
  };
}
