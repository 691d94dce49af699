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
] as const;

const reading = ["has", "stat", "list", "get", "getBytes", "readv", "digest", "readlink"] as const;

export type ChangingVerb = (typeof changing)[number];
export type Verb = ChangingVerb | (typeof reading)[number];

const changingVerbs: ReadonlySet<Verb> = new Set(changing);

export function isChanging(verb: Verb): verb is ChangingVerb {
  return changingVerbs.has(verb);
}
