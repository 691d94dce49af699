import type { FtpWire } from "../../drivers/basic-ftp.ts";
import type { Capabilities } from "../../transport/capabilities.ts";

/** What a server turned out not to do, which it says only when it is asked. */
export interface FtpRefusals {
  readonly modes: boolean;
  readonly setsMtime: boolean;
  readonly atomicReplace: boolean;
}

/** What a server can do; one that was not met yet is taken for a Unix server of today, as nearly all are. */
export function ftpCapabilities(wire: FtpWire | undefined, refused: FtpRefusals): Capabilities {
  return {
    writable: true,
    listable: true,
    directories: true,
    append: true,
    writeStream: true,
    atomicReplace: !refused.atomicReplace,
    rename: true,
    serverCopy: false,
    symlinks: false,
    tellsLinks: true,
    hardlinks: false,
    modes: !refused.modes,
    // SITE CHMOD is in no standard, and some servers drop these without a word.
    specialModes: false,
    setsMtime: !refused.setsMtime && (wire === undefined || wire.has("MFMT") || wire.has("MDTM")),
    mtimeResolutionMs: 1000,
    rangedReads: wire === undefined || wire.has("REST"),
    parallelReads: false,
    lock: "rename",
    caseSensitive: true,
    controlCharactersInNames: false,
    local: false,
    connected: true,
    concurrent: false,
  };
}
