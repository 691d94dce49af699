import { firstPage } from "../../drivers/aws-sdk-listing.ts";
import type { ObjectFacts, S3Objects } from "../../drivers/aws-sdk-objects.ts";
import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import type { Stat } from "../../transport/stat.ts";
import type { Location } from "../../url/location.ts";
import { objectAt, prefixAt } from "./object-place.ts";

export const directoryStat: Stat = { type: "directory", sizeBytes: 0 };

/** What is at a path: an object, a directory, both, or neither. */
export interface Found {
  readonly file: ObjectFacts | undefined;
  /** Known already, but for a name with many others that begin with it. */
  readonly isDirectory: () => Promise<boolean>;
}

/** Keys that are looked at for one name. The object comes first; between it and its directory come those as `name-1` and `name.txt`. */
const keysOfOneName = 10;

export function fileStat({ sizeBytes, modified, etag }: ObjectFacts): Stat {
  return {
    type: "file",
    sizeBytes,
    ...(modified === undefined ? {} : { mtime: modified }),
    ...(etag === undefined ? {} : { etag }),
  };
}

/** Describes what is there. Where an object and a directory have one name, it is the object; with a slash behind it, the directory. */
export async function statAt(objects: S3Objects, at: Location, operation: Operation): Promise<Stat> {
  const { file, isDirectory } = await look(objects, at, operation);
  if (file !== undefined && !at.directory) return fileStat(file);
  if (await isDirectory()) return directoryStat;
  if (file !== undefined) return fileStat(file);
  throw nothingThere();
}

/** What is known of the object of a path. Rejects with `not-found`, `is-a-directory`. */
export async function fileAt(objects: S3Objects, at: Location, operation: Operation): Promise<ObjectFacts> {
  const { file, isDirectory } = await look(objects, at, operation);
  if (file !== undefined) return file;
  throw (await isDirectory()) ? isADirectory() : nothingThere();
}

/**
 * Looks at a path by listing what begins with its name: one request tells of the object and of the directory, and says in words what is refused, which the
 * answer to a HEAD does not. That is asked where listing is not allowed.
 */
export async function look(objects: S3Objects, at: Location, operation: Operation): Promise<Found> {
  const name = objectAt(at);
  const { bucket, key } = name;
  if (key === "") {
    await firstPage(objects, { bucket, prefix: "", limit: 1 }, operation);
    return { file: undefined, isDirectory: () => Promise.resolve(true) };
  }
  try {
    const listing = { bucket, prefix: key, delimiter: "/", limit: keysOfOneName } as const;
    const page = await firstPage(objects, listing, operation);
    const known = page.prefixes.includes(`${key}/`) || page.last;
    const isThere = (): Promise<boolean> =>
      known ? Promise.resolve(page.prefixes.includes(`${key}/`)) : isDirectory(objects, at, operation);
    return { file: page.objects.find((object) => object.key === key), isDirectory: isThere };
  } catch (error) {
    if (!isTransportError(error, "permission-denied")) throw error;
    const file = await objects.head(name, operation).catch((second: unknown) => {
      throw isTransportError(second, "not-found") ? second : error;
    });
    return { file, isDirectory: () => Promise.reject(error) };
  }
}

/** Whether a key begins with a directory's name. The bucket is one, if it is there. Rejects with `not-found` where there is no such bucket. */
export async function isDirectory(objects: S3Objects, at: Location, operation: Operation): Promise<boolean> {
  const prefix = prefixAt(at);
  const page = await firstPage(objects, { bucket: at.host, prefix, limit: 1 }, operation);
  return prefix === "" || page.objects.length > 0 || page.undecodable.length > 0;
}

export function nothingThere(): TransportError {
  return new TransportError("not-found", "there is nothing there");
}

export function isADirectory(): TransportError {
  return new TransportError("is-a-directory", "it is a directory", { hint: "List it, or name a file in it" });
}

export function isNoDirectory(): TransportError {
  return new TransportError("not-a-directory", "it is no directory");
}
