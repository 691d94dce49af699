import type { Capabilities } from "../../transport/capabilities.ts";

/** What plain HTTP can do. Directories can be listed where the server has an index page for them. */
export const httpCapabilities: Capabilities = {
  writable: false,
  listable: true,
  directories: true,
  append: false,
  writeStream: false,
  atomicReplace: false,
  rename: false,
  serverCopy: false,
  symlinks: false,
  tellsLinks: false,
  hardlinks: false,
  modes: false,
  specialModes: false,
  setsMtime: false,
  mtimeResolutionMs: 1000,
  rangedReads: true,
  parallelReads: true,
  lock: "none",
  caseSensitive: true,
  controlCharactersInNames: false,
  local: false,
  connected: true,
  concurrent: true,
};
