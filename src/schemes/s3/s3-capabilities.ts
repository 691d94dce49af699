import type { Capabilities } from "../../transport/capabilities.ts";

/** What S3 can do. A directory is there where a key begins with its name and a slash; one that is made, or was, is an empty object of that name. */
export const s3Capabilities: Capabilities = {
  writable: true,
  listable: true,
  directories: true,
  append: false,
  // An object is there when it is complete, and not before.
  writeStream: false,
  atomicReplace: true,
  rename: false,
  serverCopy: true,
  symlinks: false,
  tellsLinks: false,
  hardlinks: false,
  modes: false,
  specialModes: false,
  // The time is that of the upload; one that is kept beside it no listing tells.
  setsMtime: false,
  mtimeResolutionMs: 1000,
  rangedReads: true,
  parallelReads: true,
  // Unless the service turns out to ignore conditions.
  lock: "condition",
  caseSensitive: true,
  controlCharactersInNames: false,
  local: false,
  connected: true,
  concurrent: true,
};
