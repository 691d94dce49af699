import { nodeClient } from "../connect/stat-client.ts";
import type { Link } from "../delay/measure-link.ts";
import type { DestinationScheme, Transfer } from "../peers/transfer.ts";
import { median } from "../statistics.ts";
import type { TreeSize } from "./made-tree.ts";
import type { TreePlace } from "./tree-place.ts";
import { treeName } from "./tree-place.ts";

/** What nobody can be faster than on so many connections, with what this machine takes to shake hands. */
export interface Bound {
  /** From nothing to the first answer, measured. */
  readonly handshakeMs: number;
  /** Those that have to wait for one another, after that. */
  readonly roundTrips: number;
  /** What all the content takes on the network, as measured on one connection. */
  readonly bytesMs: number;
  readonly totalMs: number;
}

/** The median of a few processes that connect by samewire and ask for one file. */
export async function measureHandshake({ destination, network, content }: TreePlace, times: number): Promise<number> {
  const client = nodeClient("samewire");
  const [file = ""] = content.files;
  const taken: number[] = [];
  for (let time = 0; time < times; time++) {
    taken.push(await client.ask(destination, `${treeName}/${file}`, network));
  }
  return median(taken);
}

/** The least for a tree whose directories are all at its top. */
export function boundOf(
  { scheme, network, size }: Pick<TreePlace, "scheme" | "network" | "size">,
  action: Transfer["action"],
  connections: number,
  handshakeMs: number,
  link: Link,
): Bound {
  const roundTrips = roundTripsOf(scheme, action, size, connections);
  const perMs = action === "put" ? link.upBytesPerMs : link.downBytesPerMs;
  const bytesMs = (size.files * size.bytesPerFile) / perMs;
  const totalMs = handshakeMs + roundTrips * network.roundTripMs + bytesMs;
  return { handshakeMs, roundTrips, bytesMs, totalMs };
}

function roundTripsOf(
  scheme: DestinationScheme,
  action: Transfer["action"],
  { files, directories }: TreeSize,
  connections: number,
): number {
  const turns = (count: number): number => Math.ceil(count / connections);
  switch (scheme) {
    case "sftp":
      // Up: OPEN goes behind every MKDIR, WRITE and CLOSE need its answer. Down: OPENDIR and READDIR of the top, then of what is in it; OPEN; READ and CLOSE.
      return action === "put" ? 2 : 6;
    case "ftp":
      // A transfer: EPSV, the data connection beside the command, its end. MKD is one; whoever makes a directory needs its answer.
      return action === "put"
        ? 1 + turns(directories) + turns(3 * files)
        : 3 + turns(3 * directories) + turns(3 * files);
    case "dav":
      return 1 + turns(directories) + turns(files);
  }
}
