/** The verbs that change something; a read-only transport refuses them all. */
const changing = [
  "put",
  "append",
  "openWriteStream",
  "mkdir",
  "ensureBase",
  "createPrefix",
  "delete",
  "rmdir",
  "deleteTree",
  "rename",
  "move",
  "copy",
  "symlink",
  "hardlink",
  "setAttributes",
  "lock",
  "breakLock",
] as const;

const reading = ["has", "stat", "list", "get", "getBytes", "readv", "digest", "readlink", "lockInfo"] as const;

/** A verb that changes something. */
export type ChangingVerb = (typeof changing)[number];
/** Every verb that may need a wire. */
export type Verb = ChangingVerb | (typeof reading)[number];

const changingVerbs: ReadonlySet<Verb> = new Set(changing);

/** Whether a verb changes something, so that a read-only transport refuses it. */
export function isChanging(verb: Verb): verb is ChangingVerb {
  return changingVerbs.has(verb);
}
