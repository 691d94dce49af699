import { posix } from "node:path";

import { isTempName } from "samewire";

/** Temporaries of servers that were ended in the middle of a write: mod_dav_fs has such, and a folder for properties. */
const ofServers = /^(\.davfs.*|\.DAV)$/;

/** Whether a path is of nothing that a clone has put there: what interrupted writes left behind. */
export function isNobodys(path: string): boolean {
  const name = posix.basename(path);
  return isTempName(name) || ofServers.test(name);
}
