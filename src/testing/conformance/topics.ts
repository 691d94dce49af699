import type { ConformanceTopic } from "./conformance-case.ts";
import { append } from "./topics/append.ts";
import { attributes } from "./topics/attributes.ts";
import { concurrency } from "./topics/concurrency.ts";
import { copy } from "./topics/copy.ts";
import { deleteTree } from "./topics/delete-tree.ts";
import { deletion } from "./topics/delete.ts";
import { digests } from "./topics/digest.ts";
import { errors } from "./topics/errors.ts";
import { getBytes } from "./topics/get-bytes.ts";
import { get } from "./topics/get.ts";
import { has } from "./topics/has.ts";
import { hardLinks, symbolicLinks } from "./topics/links.ts";
import { list } from "./topics/list.ts";
import { local } from "./topics/local.ts";
import { locks } from "./topics/lock.ts";
import { lostConnection } from "./topics/lost-connection.ts";
import { mkdir } from "./topics/mkdir.ts";
import { move } from "./topics/move.ts";
import { nameJourneys } from "./topics/name-journeys.ts";
import { nameCases } from "./topics/names.ts";
import { paths } from "./topics/paths.ts";
import { prefix } from "./topics/prefix.ts";
import { putAtomic } from "./topics/put-atomic.ts";
import { put } from "./topics/put.ts";
import { readv } from "./topics/readv.ts";
import { rename } from "./topics/rename.ts";
import { reuse } from "./topics/reuse.ts";
import { rmdir } from "./topics/rmdir.ts";
import { signals } from "./topics/signals.ts";
import { stat } from "./topics/stat.ts";
import { walking } from "./topics/walk.ts";
import { writeStream } from "./topics/write-stream.ts";

/** The contract, topic by topic. */
export const topics: readonly ConformanceTopic[] = [
  paths,
  nameCases,
  nameJourneys,
  has,
  stat,
  list,
  walking,
  get,
  getBytes,
  readv,
  digests,
  put,
  putAtomic,
  append,
  writeStream,
  mkdir,
  prefix,
  deletion,
  rmdir,
  deleteTree,
  rename,
  move,
  copy,
  symbolicLinks,
  hardLinks,
  attributes,
  locks,
  signals,
  errors,
  reuse,
  lostConnection,
  concurrency,
  local,
];
