import type { Capabilities } from "../../../transport/capabilities.ts";

/** What WebDAV can do; `concurrent` where its connection carries many requests at once, which HTTP/1.1 does not. */
export function webdavCapabilities(concurrent: boolean, lock: Capabilities["lock"]): Capabilities {
  return {
    writable: true,
    listable: true,
    directories: true,
    append: false,
    // What is being uploaded is seen by nobody before its end.
    writeStream: false,
    atomicReplace: true,
    rename: true,
    serverCopy: true,
    symlinks: false,
    tellsLinks: false,
    hardlinks: false,
    modes: false,
    specialModes: false,
    setsMtime: false,
    mtimeResolutionMs: 1000,
    rangedReads: true,
    parallelReads: true,
    lock,
    caseSensitive: true,
    controlCharactersInNames: false,
    local: false,
    connected: true,
    concurrent,
  };
}
