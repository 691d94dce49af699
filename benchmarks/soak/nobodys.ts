import { isTempName } from "samewire";

/** Temporaries of servers that were ended in the middle of a write: mod_dav_fs has such, and a folder for properties. */
const ofServers = /^(\.davfs.*|\.DAV)$/;

/** Whether a path is of something that no clone has put there: what interrupted writes left behind. */
export function isNobodys(path: string): boolean {
  return path.split("/").some((name) => isTempName(name) || ofServers.test(name));
}
