import type { Readable } from "node:stream";

import { TransportError } from "../errors/transport-error.ts";
import type { Location } from "../url/location.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Operation } from "./operation.ts";
import type { Primitives, RawEntry } from "./primitives.ts";
import type { Stat } from "./stat.ts";

/** What a scheme can do that only reads, and lists nothing: where the capabilities of another one begin. */
export const readOnlyCapabilities: Capabilities = {
  writable: false,
  listable: false,
  directories: false,
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
  parallelReads: false,
  lock: "none",
  caseSensitive: true,
  controlCharactersInNames: false,
  local: false,
  connected: true,
  concurrent: true,
};

/** The primitives of a scheme that only reads. What would change something is refused by its capabilities, so that none of it is ever asked. */
export abstract class ReadOnlyPrimitives implements Primitives {
  abstract readonly capabilities: Capabilities;
  abstract statAt(at: Location, how: { readonly followLinks: boolean }, operation: Operation): Promise<Stat>;
  abstract listAt(
    at: Location,
    operation: Operation,
    how?: { readonly mtimes: boolean },
  ): AsyncIterable<readonly RawEntry[]>;
  abstract readAt(
    at: Location,
    range: { readonly offset: number; readonly length: number | undefined },
    operation: Operation,
  ): Promise<Readable>;

  readonly writeAt: Primitives["writeAt"] = refuse;
  readonly openWriterAt: Primitives["openWriterAt"] = refuse;
  readonly mkdirAt: Primitives["mkdirAt"] = refuse;
  readonly deleteAt: Primitives["deleteAt"] = refuse;
  readonly rmdirAt: Primitives["rmdirAt"] = refuse;
  readonly renameAt: Primitives["renameAt"] = refuse;
  readonly setAttributesAt: Primitives["setAttributesAt"] = refuse;
  readonly symlinkAt: Primitives["symlinkAt"] = refuse;
  readonly readlinkAt: Primitives["readlinkAt"] = refuse;
  readonly hardlinkAt: Primitives["hardlinkAt"] = refuse;
  readonly copyAt: Primitives["copyAt"] = refuse;
  readonly discardTemporary: Primitives["discardTemporary"] = refuse;
}

function refuse(): Promise<never> {
  return Promise.reject(new TransportError("read-only", "this scheme only reads"));
}
