import type { Capabilities } from "../../transport/capabilities.ts";
import { extension } from "./protocol/messages.ts";
import { mtimeRangeMs } from "./sftp-stat.ts";

/** What a server with these extensions can do. One that is not known yet is taken for an OpenSSH of today, as nearly all are. */
export function sftpCapabilities(extensions: ReadonlySet<string> | undefined): Capabilities {
  const has = (name: string): boolean => extensions === undefined || extensions.has(name);
  const atomicReplace = has(extension.posixRename);
  return {
    writable: true,
    listable: true,
    directories: true,
    append: true,
    writeStream: true,
    atomicReplace,
    rename: true,
    serverCopy: atomicReplace && has(extension.copyData),
    symlinks: true,
    tellsLinks: true,
    hardlinks: has(extension.hardlink),
    modes: true,
    specialModes: true,
    setsMtime: true,
    mtimeResolutionMs: 1000,
    mtimeRangeMs,
    rangedReads: true,
    parallelReads: false,
    lock: "rename",
    caseSensitive: true,
    controlCharactersInNames: true,
    local: false,
    connected: true,
    concurrent: true,
  };
}
