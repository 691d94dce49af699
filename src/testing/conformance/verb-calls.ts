import type { Transport } from "../../transport/transport.ts";
import type { ChangingVerb, Verb } from "../../transport/verbs.ts";
import type { VerbOptions } from "../../transport/verb-options.ts";
import { collect } from "./content.ts";

/** A call of a verb on a path, with valid arguments for whatever else it takes. */
export type VerbCall = (transport: Transport, path: string, options?: VerbOptions) => Promise<unknown>;

/** Every verb that only reads. */
export const readingCalls: Readonly<Record<Exclude<Verb, ChangingVerb>, VerbCall>> = {
  has: (transport, path, options) => transport.has(path, options),
  stat: (transport, path, options) => transport.stat(path, options),
  list: (transport, path, options) => collect(transport.list(path, options)),
  get: (transport, path, options) => transport.get(path, options),
  getBytes: (transport, path, options) => transport.getBytes(path, options),
  readv: (transport, path, options) => collect(transport.readv(path, [{ offset: 0, length: 1 }], options)),
  digest: (transport, path, options) => transport.digest(path, options),
  readlink: (transport, path, options) => transport.readlink(path, options),
  lockInfo: (transport, path, options) => transport.lockInfo(path, options),
};

/** Every verb that changes something. */
export const changingCalls: Readonly<Record<ChangingVerb, VerbCall>> = {
  put: (transport, path, options) => transport.put(path, "other content", options),
  append: (transport, path, options) => transport.append(path, "more content", options),
  openWriteStream: (transport, path, options) => transport.openWriteStream(path, options),
  mkdir: (transport, path, options) => transport.mkdir(path, options),
  ensureBase: (transport, path, options) => transport.clone(path).ensureBase(options),
  createPrefix: (transport, path, options) => transport.clone(path).createPrefix(options),
  delete: (transport, path, options) => transport.delete(path, options),
  rmdir: (transport, path, options) => transport.rmdir(path, options),
  deleteTree: (transport, path, options) => transport.deleteTree(path, options),
  rename: (transport, path, options) => transport.rename(path, "another name", options),
  move: (transport, path, options) => transport.move(path, "another name", options),
  copy: (transport, path, options) => transport.copy(path, "another name", options),
  symlink: (transport, path, options) => transport.symlink("target", path, options),
  hardlink: (transport, path, options) => transport.hardlink(path, "another name", options),
  setAttributes: (transport, path, options) => transport.setAttributes(path, { mtime: new Date(0) }, options),
  lock: (transport, path, options) => transport.lock(path, options),
  breakLock: (transport, path, options) => transport.breakLock(path, { id: "holder", holder: "nobody" }, options),
};
