import type { ByteSource } from "./verb-options.ts";
import type { Verb } from "./verbs.ts";
import { isInMemory } from "./verbs/source.ts";

/**
 * What is done about a request whose connection is lost.
 *
 * - `repeat`: it is sent once more, because doing it twice is doing it once.
 * - `look`: the server is asked what became of it. What was done has succeeded; what certainly was not is done now; else it is reported.
 * - `report`: it fails with the effect `unknown`, or `none` where it only reads.
 */
export type AfterLoss = "repeat" | "look" | "report";

/** One row: a loss before anything was sent that changes something, and a loss between that and the answer. */
export interface RepetitionRow {
  readonly unsent: AfterLoss;
  readonly unanswered: AfterLoss;
}

/** Requests that are treated otherwise than their verb's usual one. */
type SpecialRequest =
  | "a read that has begun"
  | "put, from a source"
  | "put, its last step"
  | "put, parts made one"
  | "put in place"
  | "put in place, from a source"
  | "append, from a source"
  | "a write stream that is open"
  | "mkdir, where there are no directories"
  | "lock, its release";

export type RepetitionRequest = Verb | SpecialRequest;

const repeated: RepetitionRow = { unsent: "repeat", unanswered: "repeat" };
const lookedAt: RepetitionRow = { unsent: "repeat", unanswered: "look" };
const reported: RepetitionRow = { unsent: "repeat", unanswered: "report" };

/** The one place that says what is repeated, looked at and reported; everything that repeats asks it. In words: docs/repetition.md. */
export const repetition: Readonly<Record<RepetitionRequest, RepetitionRow>> = {
  has: repeated,
  stat: repeated,
  list: repeated,
  get: repeated,
  getBytes: repeated,
  readv: repeated,
  digest: repeated,
  readlink: repeated,
  lockInfo: repeated,
  // Whoever reads has bytes of one version of the file already; the rest may be another's by now.
  "a read that has begun": { unsent: "report", unanswered: "report" },

  // Written anew under a name that nobody else has, and then given its own.
  put: repeated,
  // A source gives its bytes once. The file itself is as it was: nobody has asked for it to be changed.
  "put, from a source": reported,
  // Nobody else has the temporary's name: where it is gone, and a file of its length in its place, it was renamed; where it is there, it was not.
  "put, its last step": lookedAt,
  // Nobody else has the upload's number: where it is gone, and the object is what its parts make, they were made one.
  "put, parts made one": lookedAt,
  "put in place": repeated,
  // A source gives its bytes once; and what must be new is, by the second time, there.
  "put in place, from a source": reported,
  // Never sent twice: what did not arrive by the time of the look may still.
  append: lookedAt,
  "append, from a source": reported,
  // Nobody has the stream yet: an empty file is made twice.
  openWriteStream: repeated,
  "a write stream that is open": { unsent: "report", unanswered: "report" },

  // Where it is not there it is made. Where it is, who made it decides who has a lock, and cannot be told.
  mkdir: lookedAt,
  // One object, which is stored twice: nobody is kept out by it.
  "mkdir, where there are no directories": repeated,
  // What is asked for is that it is there.
  ensureBase: repeated,
  createPrefix: repeated,
  symlink: lookedAt,
  hardlink: lookedAt,

  // Gone is what was asked for. What is there may be another's, who has made it since: it is not deleted again.
  delete: lookedAt,
  rmdir: lookedAt,
  // Everything is to go, whoever made it; what is gone already is no failure.
  deleteTree: repeated,
  // A source that is there, with nothing new in its place, was not renamed; one that is gone was, where something has taken its place.
  rename: lookedAt,
  move: lookedAt,
  // Made under a name that nobody else has, or whole in one step.
  copy: repeated,
  setAttributes: repeated,

  // The note in it tells whose it is, and no other has its name.
  lock: lookedAt,
  breakLock: lookedAt,
  "lock, its release": lookedAt,
};

/** Whether a request is sent again after a lost connection, whatever became of it. */
export function isRepeated(request: RepetitionRequest): boolean {
  return repetition[request].unanswered === "repeat";
}

/** Which row is that of a write into a file itself. */
export function writeRequest(how: "replace" | "create" | "append", source: ByteSource): RepetitionRequest {
  if (how === "append") return isInMemory(source) ? "append" : "append, from a source";
  return how === "replace" && isInMemory(source) ? "put in place" : "put in place, from a source";
}

/** Which row is that of an atomic put, but for its last step. */
export function putRequest(source: ByteSource): RepetitionRequest {
  return isInMemory(source) ? "put" : "put, from a source";
}
