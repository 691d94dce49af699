import { firstPage } from "../../drivers/aws-sdk-listing.ts";
import { isAnswered } from "../../drivers/aws-sdk-errors.ts";
import type { ObjectFacts, S3Objects } from "../../drivers/aws-sdk-objects.ts";
import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import type { Stat } from "../../transport/stat.ts";
import type { Location } from "../../url/location.ts";
import { objectAt, prefixAt } from "./object-place.ts";

export const directoryStat: Stat = { type: "directory", sizeBytes: 0 };

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
  if (at.directory && (await isDirectory(objects, at, operation))) return directoryStat;
  const facts = await headOf(objects, at, operation);
  if (facts !== undefined) return fileStat(facts);
  if (!at.directory && (await isDirectory(objects, at, operation))) return directoryStat;
  throw nothingThere();
}

/** Whether a key begins with a directory's name. The bucket is one, if it is there. Rejects with `not-found` where there is no such bucket. */
export async function isDirectory(objects: S3Objects, at: Location, operation: Operation): Promise<boolean> {
  const prefix = prefixAt(at);
  const page = await firstPage(objects, { bucket: at.host, prefix, limit: 1 }, operation);
  return prefix === "" || page.objects.length > 0 || page.undecodable.length > 0;
}

/** What is known of the object of a path; undefined where there is none. */
export async function headOf(objects: S3Objects, at: Location, operation: Operation): Promise<ObjectFacts | undefined> {
  const name = objectAt(at);
  if (name.key === "") return undefined;
  try {
    return await objects.head(name, operation);
  } catch (error) {
    if (isTransportError(error, "not-found")) return undefined;
    if (!isWordless(error)) throw error;
    return await explained(objects, at, error, operation);
  }
}

/** An answer without a body, as every one to a HEAD is, does not say why something is refused. One that lists does; where it does not either, it may tell what was asked. */
async function explained(
  objects: S3Objects,
  at: Location,
  refusal: TransportError,
  operation: Operation,
): Promise<ObjectFacts | undefined> {
  const { bucket, key } = objectAt(at);
  const page = await firstPage(objects, { bucket, prefix: key, limit: 1 }, operation);
  const [first] = page.objects;
  if (first?.key === key) return first;
  if (refusal.code === "permission-denied") return undefined;
  throw refusal;
}

function isWordless(error: unknown): error is TransportError {
  if (!isTransportError(error) || isAnswered(error)) return false;
  return error.cause !== undefined && isTransportError(error, "permission-denied", "unexpected", "unsupported");
}

export function nothingThere(): TransportError {
  return new TransportError("not-found", "there is nothing there");
}

export function isADirectory(): TransportError {
  return new TransportError("is-a-directory", "it is a directory", { hint: "List it, or name a file in it" });
}
