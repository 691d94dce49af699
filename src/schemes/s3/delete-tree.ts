import { pages } from "../../drivers/aws-sdk-listing.ts";
import type { S3Objects } from "../../drivers/aws-sdk-objects.ts";
import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import { inParallel } from "../../transport/in-parallel.ts";
import type { Operation } from "../../transport/operation.ts";
import type { Location } from "../../url/location.ts";
import { prefixAt } from "./object-place.ts";

/** Requests in flight where each deletes one object. */
const inFlight = 16;

/** What XML 1.0 cannot say. */
const unsayable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** Deletes every object below a directory, and the one that is the directory itself: a thousand by each request where the service can. */
export async function deleteBelow(objects: S3Objects, at: Location, operation: Operation): Promise<void> {
  const progress = { deleted: 0 };
  try {
    await deletePages(objects, at, progress, operation);
  } catch (error) {
    // What is gone by then is gone.
    throw progress.deleted > 0 && isTransportError(error) ? error.with({ effect: "unknown" }) : error;
  }
}

async function deletePages(
  objects: S3Objects,
  at: Location,
  progress: { deleted: number },
  operation: Operation,
): Promise<void> {
  const prefix = prefixAt(at);
  let many = true;
  for await (const page of pages(objects, { bucket: at.host, prefix }, operation)) {
    const [undecodable] = page.undecodable;
    if (undecodable !== undefined)
      throw new TransportError("protocol-error", `the service lists a key that is no text: ${undecodable}`);
    // What was not asked for is not deleted.
    const keys = page.objects.map(({ key }) => key).filter((key) => key.startsWith(prefix));
    const sayable = many ? keys.filter((key) => !unsayable.test(key)) : [];
    if (sayable.length > 0) many = await deleteTogether(objects, at.host, sayable, operation);
    const left = many ? keys.filter((key) => unsayable.test(key)) : keys;
    await inParallel(inFlight, left, (key) => objects.delete({ bucket: at.host, key }, operation));
    progress.deleted += keys.length;
  }
}

/** False where the service does not know how. */
async function deleteTogether(
  objects: S3Objects,
  bucket: string,
  keys: readonly string[],
  operation: Operation,
): Promise<boolean> {
  try {
    await objects.deleteMany(bucket, keys, operation);
    return true;
  } catch (error) {
    if (isTransportError(error, "unsupported")) return false;
    throw error;
  }
}
